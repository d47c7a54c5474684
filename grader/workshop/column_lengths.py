"""The lengths of what the hub's database keeps of a login, which SQLite does not enforce.

Some of it comes from the browser, such as the id of a session, and a login may be repeated without end.
"""

from __future__ import annotations

from functools import partial

from jupyterhub import orm
from sqlalchemy import event, inspect
from tornado import web

TABLES = (orm.APIToken, orm.OAuthCode)


def enforce() -> None:
    """Refuse each text that is longer than its column says."""
    for table in TABLES:
        for attribute in inspect(table).column_attrs:
            [column] = attribute.columns
            if length := getattr(column.type, "length", None):
                event.listen(getattr(table, attribute.key), "set", partial(_require, length))


def _require(length: int, _: object, value: object, *__: object) -> None:
    if isinstance(value, str) and len(value) > length:
        raise web.HTTPError(400, f"A text of this login is longer than {length} characters.")
