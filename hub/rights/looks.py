"""Who looked at a resident: the processing log joined with the audit log by the operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from hub.core import Hub
from hub.reconcile.merging.family import all_numbers
from hub.security.activities import activities
from hub.security.roles import ROLES
from hub.security.table import groups
from hub.store import account, audit_log, look, processing_log

#: Whoever the logs name without a role.
EMPLOYEE = "medewerker van de gemeente"
MACHINE = "de hub zelf, zonder dat een mens keek"


def who_looked(connection: Connection, hub: Hub, resident_id: str) -> list[dict[str, Any]]:
    """Return every logged operation on a resident's data, oldest first; no employee by name.

    Each has: at, who (a role), activity, purpose, action, ground, case, groups (Dutch titles),
    result, reason, operation (the span id, by which the audit log knows the name).
    """
    log, audit = processing_log, audit_log
    ids = all_numbers(connection, hub, resident_id)
    query = (
        select(log.c.span_id.label("own_span"), log.c.activity, log.c.ended_at, audit)
        .outerjoin(
            audit,
            (audit.c.municipality == log.c.municipality)
            # A deed about several residents has a child span for each of them.
            & or_(audit.c.span_id == log.c.span_id, audit.c.span_id == log.c.parent_span_id),
        )
        .where(log.c.municipality == hub.municipality, log.c.resident_id.in_(ids))
        .order_by(log.c.number)
    )
    found: dict[str, Row[Any]] = {}
    for row in connection.execute(query):
        # A caller's span may be an operation of ours too; the row's own operation goes first.
        if row.own_span not in found or row.span_id == row.own_span:
            found[row.own_span] = row
    return [_told(row) for row in found.values()]


def _told(row: Row[Any]) -> dict[str, Any]:
    activity = activities().get(row.activity)
    titles = groups()
    return {
        "at": row.ended_at,
        "who": MACHINE if row.machine else role_title(row.role),
        "activity": activity.name if activity else row.activity,
        "purpose": activity.purpose if activity else "",
        "action": row.action or "",
        "ground": row.ground or "",
        "case": row.case_number or "",
        "groups": [titles[one].title if one in titles else one for one in row.groups or ()],
        "result": row.result or "",
        "reason": row.reason or "",
        "operation": row.span_id or row.own_span,
    }


def role_title(role: str | None) -> str:
    """Return what a role is called, or that somebody was an employee."""
    return ROLES[role].title if role in ROLES else EMPLOYEE


def looks_before(
    connection: Connection, hub: Hub, resident_id: str, roles: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the looks from before there was a chained log: at, who, action, ground."""
    ids = all_numbers(connection, hub, resident_id)
    query = (
        select(look)
        .where(look.c.municipality == hub.municipality, look.c.resident_id.in_(ids))
        .order_by(look.c.id)
    )
    return [
        {
            "at": row.at,
            "who": roles.get(row.account, EMPLOYEE),
            "action": row.action,
            "ground": row.ground,
        }
        for row in connection.execute(query)
    ]


def roles_by_name(connection: Connection, hub: Hub) -> dict[str, str]:
    """Return the title of the role of every account, by its name; and what the hub is called."""
    query = select(account.c.name, account.c.roles).where(
        account.c.municipality == hub.municipality
    )
    known = {name: role_title(next(iter(roles), "")) for name, roles in connection.execute(query)}
    return known | {"hub": "de hub", "feiten": "de hub"}
