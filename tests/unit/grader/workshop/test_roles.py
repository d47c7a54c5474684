"""What people in a workshop may ask of the hub, and what it keeps of them."""

import pytest

pytest.importorskip("jupyterhub", reason="comes with the extra `workshop`")

from jupyterhub import orm, roles, scopes
from tornado.web import HTTPError

from grader.workshop import column_lengths, hub_board
from grader.workshop.paths import INSTRUCTOR


@pytest.fixture
def rights():
    """Return a function of a name: the scopes that the hub gives this person."""
    db = orm.new_session_factory("sqlite:///:memory:")()
    own = {role["name"]: role for role in hub_board.roles()}
    for role in [*(own.pop(one["name"], one) for one in roles.get_default_roles()), *own.values()]:
        roles.create_role(db, {key: role[key] for key in role if key != "users"})

    def rights(name):
        person = orm.User(name=name)
        db.add(person)
        db.commit()
        roles.assign_default_roles(db, person)
        for role in hub_board.roles():
            if name in role.get("users", ()):
                roles.grant_role(db, person, role["name"])
        return scopes.get_scopes_for(person)

    yield rights
    db.close()


@pytest.mark.parametrize("name", ["learner01", INSTRUCTOR])
def test_nobody_can_fill_the_hub_with_tokens(rights, name):
    found = rights(name)
    assert not [scope for scope in found if "tokens" in scope or "shares" in scope]
    assert {f"servers!user={name}", f"access:servers!user={name}"} <= found


def test_only_the_instructor_may_open_the_board(rights):
    board = f"access:services!service={hub_board.BOARD}"
    assert board in rights(INSTRUCTOR)
    assert board not in rights("learner01")


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (orm.OAuthCode, "session_id"),
        (orm.OAuthCode, "code_challenge"),
        (orm.APIToken, "session_id"),
    ],
)
def test_a_login_stores_no_long_text_of_a_browsers(row, name):
    column_lengths.enforce()
    assert getattr(row(**{name: "x" * 255}), name) == "x" * 255
    with pytest.raises(HTTPError, match="400"):
        row(**{name: "x" * 256})
