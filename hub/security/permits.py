"""Permits: may this person see this resident today, which field groups, and on which ground.

The one place that decides. A resident is open to a role when he or she is in its caseload: by
what the sources tell (a running debt case, a tax claim), by a case that a person recorded, by a
permission of the resident, or behind broken glass. What of the resident is open follows from the
access table and the grounds in force that day. Nobody else decides: pages ask a permit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select, union_all

from hub.core import Hub
from hub.security.caseload import TOLD, holds_on
from hub.security.grounds import Ground, in_force
from hub.security.roles import ROLES
from hub.security.table import cells_of, groups
from hub.store import (
    case_link,
    emergency,
    permission,
    resident,
)
from hub.store.engine import chunks


@dataclass(frozen=True)
class Closed:
    """A field group that stays shut, and for want of what (letters of sharing cases)."""

    title: str
    cases: tuple[str, ...]


@dataclass(frozen=True)
class Permit:
    """What one person may do with one resident's data today.

    `reads`, `writes` and `exists` (only that it is there) are names of field groups; `ground`
    and `case` are what the log keeps; `closed` is what a case or permission could still open.
    """

    resident_id: str
    role: str
    reads: frozenset[str]
    writes: frozenset[str]
    exists: frozenset[str]
    ground: str
    case: str
    closed: tuple[Closed, ...] = ()
    emergency_until: datetime | None = None

    def may(self, group: str) -> bool:
        """Tell whether a field group may be read."""
        return group in self.reads


@dataclass(frozen=True)
class _Tie:
    """Why a resident is in the caseload: a kind of case and its number."""

    kind: str
    number: str


def permit(
    connection: Connection, hub: Hub, account: str, role: str, resident_id: str
) -> Permit | None:
    """Return the permit of `account`, working as `role`, for one resident; None is no access."""
    return permits(connection, hub, account, role, [resident_id]).get(resident_id)


def permits(
    connection: Connection, hub: Hub, account: str, role: str, resident_ids: Iterable[str]
) -> dict[str, Permit]:
    """Return the permits for these residents; who is missing is closed to this person."""
    if not ROLES[role].purpose:
        return {}
    grounds, found = in_force(connection, hub), {}
    for some in chunks(dict.fromkeys(resident_ids)):
        ties = _ties(connection, hub, role, some)
        agreed = _agreed(connection, hub, role, some) if "B" in grounds else {}
        broken = _broken(connection, hub, account, role, some)
        for id_ in some:
            if id_ in ties or id_ in agreed or id_ in broken:
                agreed_here = agreed.get(id_, frozenset())
                found[id_] = _permit(
                    id_, role, ties.get(id_, []), agreed_here, broken.get(id_), grounds
                )
    return found


#: Kinds of case that make somebody a client of debt help (sharing case A).
CLIENT = ("debt_case", "application", "accepted_offer")


def _permit(
    resident_id: str,
    role: str,
    ties: list[_Tie],
    agreed: frozenset[str],
    until: datetime | None,
    grounds: Mapping[str, Ground],
) -> Permit:
    inside = bool(ties) or until is not None
    # A permission opens its own field groups; alone, without a case, only those.
    agreed = agreed if "B" in grounds else frozenset()
    letters = _letters(role, ties, until, grounds)
    reads, writes, exists, used, closed = set(), set(), set(), set(), []
    for name, cell in cells_of(role):
        opened = [letter for letter in cell.cases if letter in letters]
        if name in agreed and "B" in cell.cases:
            opened.append("B")
        if (inside and cell.right in ("R", "RW")) or opened:
            reads.add(name)
        elif name in ("identity", "contact") and agreed:
            # Somebody who agreed to share a debt is not shared without a name.
            reads.add(name)
        elif cell.right == "C":
            closed.append(Closed(groups()[name].title, cell.cases))
        if inside and cell.right == "RW":
            writes.add(name)
        if inside and cell.right == "S":
            exists.add(name)
        used |= set(opened)
    told = [ROLES[role].ground, *(f"{one}: {grounds[one].title}" for one in sorted(used))]
    if until is not None:
        told.append("Noodtoegang")
    return Permit(
        resident_id=resident_id,
        role=role,
        reads=frozenset(reads),
        writes=frozenset(writes),
        exists=frozenset(exists),
        ground="; ".join(told)[:300],
        case=", ".join(f"{one.kind}:{one.number}" for one in ties)[:120],
        closed=tuple(closed),
        emergency_until=until,
    )


def _letters(
    role: str, ties: list[_Tie], until: datetime | None, grounds: Mapping[str, Ground]
) -> frozenset[str]:
    """Return the sharing cases that hold for a resident, apart from permission (B)."""
    letters = set()
    if "A" in grounds and (until is not None or any(one.kind in CLIENT for one in ties)):
        letters.add("A")
    if ties or until is not None:
        letters |= {"C", "D"} & grounds.keys()
    return frozenset(letters)


def open_groups(connection: Connection, hub: Hub, role: str) -> frozenset[str]:
    """Return the field groups that `role` may read of everybody in its caseload today.

    What one resident's permission opens is not in it.
    """
    kind = "debt_case" if role == "debt_counsellor" else "case"
    ties = [_Tie(kind, "")]
    return _permit("", role, ties, frozenset(), None, in_force(connection, hub)).reads


def caseload(hub: Hub, role: str) -> Select[Any]:
    """Return the select of the ids of the residents in the caseload of `role`."""
    parts = [select(part.c.resident_id) for part in _caseload_parts(hub, role)]
    return select(union_all(*parts).subquery().c.resident_id)


def _ties(connection: Connection, hub: Hub, role: str, ids: list[str]) -> dict[str, list[_Tie]]:
    found: dict[str, list[_Tie]] = {}
    for part in _caseload_parts(hub, role):
        query = (
            select(part)
            .join(resident, resident.c.id == part.c.resident_id)
            .where(part.c.resident_id.in_(ids), resident.c.municipality == hub.municipality)
        )
        for row in connection.execute(query):
            tie, ties = _Tie(row.kind, str(row.number)), found.setdefault(row.resident_id, [])
            if tie not in ties:
                ties.append(tie)
    return found


def _caseload_parts(hub: Hub, role: str) -> list[Any]:
    """Return the subqueries (resident_id, kind, number) that make up the caseload of `role`."""
    today = hub.clock.today()
    parts = [
        select(case_link.c.resident_id, case_link.c.kind, case_link.c.number).where(
            case_link.c.municipality == hub.municipality,
            case_link.c.role == role,
            holds_on(case_link, today),
        )
    ]
    if role in TOLD:
        parts.append(TOLD[role](hub, today))
    return [part.subquery() for part in parts]


def _agreed(
    connection: Connection, hub: Hub, role: str, ids: list[str]
) -> dict[str, frozenset[str]]:
    """Return the field groups that each resident agreed to share with `role`."""
    today = hub.clock.today()
    query = select(permission).where(
        permission.c.municipality == hub.municipality,
        permission.c.resident_id.in_(ids),
        permission.c.given_on <= today,
        permission.c.withdrawn_on.is_(None),
    )
    found: dict[str, frozenset[str]] = {}
    for row in connection.execute(query):
        if role in row.roles:
            found[row.resident_id] = found.get(row.resident_id, frozenset()) | set(row.groups)
    return found


def _broken(
    connection: Connection, hub: Hub, account: str, role: str, ids: list[str]
) -> dict[str, datetime]:
    """Return until when the glass is broken for each resident, by this person in this role."""
    query = select(emergency.c.resident_id, emergency.c.ends_at).where(
        emergency.c.municipality == hub.municipality,
        emergency.c.resident_id.in_(ids),
        emergency.c.account == account,
        emergency.c.role == role,
        emergency.c.ends_at > hub.clock.now(),
    )
    return dict(connection.execute(query).all())
