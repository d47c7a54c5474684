"""Roles: what a sentence says about a change, and what that excludes."""

import pytest

from harness.interview.content_files import BadContentError
from harness.interview.dialogue.reacting.case_figures import is_doubt
from harness.interview.listening.roles import NAMES, role, role_sentences
from harness.interview.listening.said import Said
from harness.interview.reading import Role


def test_the_shipped_sentences_have_every_role_in_many_voices():
    rows = list(role_sentences())
    assert {role for _, role, _ in rows} == set(NAMES)
    assert len({voice for _, _, voice in rows}) >= 20


def test_a_file_with_an_unknown_role_is_named(tmp_path):
    (tmp_path / "captain.yaml").write_text('dance: ["Ahoy."]\n')
    with pytest.raises(BadContentError, match=r"captain.yaml.*dance"):
        list(role_sentences(tmp_path))


@pytest.mark.parametrize(
    ("plan", "price", "found"), [(3.0, 0.0, Role.PLAN), (0.0, 3.0, Role.PRICE), (3.0, 2.5, None)]
)
def test_a_role_must_be_clear(plan, price, found):
    odds = dict.fromkeys(Role, -4.0) | {Role.PLAN: plan, Role.PRICE: price}
    assert role(Said("", {"roles": odds})) == found


@pytest.mark.parametrize(
    ("text", "doubts"),
    [("Multiply.", False), ("That does not add up.", True), ("Who says that?", True)],
)
def test_a_remark_is_no_doubt(text, doubts):
    assert is_doubt(text) == doubts
