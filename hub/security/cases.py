"""What a person records to open a resident: a case, a permission, or broken glass.

Each is a row with who, when and why, and a line in both logs; the privacy officer sees them all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Table, insert, select, update

from hub.core import Hub
from hub.errors import ConfigError
from hub.security.audit import Actor, Deed, log_deed
from hub.security.permits import Permit
from hub.security.roles import ROLES
from hub.security.table import groups
from hub.store import case_link, emergency, permission, resident
from hub.sync.incidents import open_concern
from schemas import elfproef

#: What kind of case ties a resident to a role, and what a person calls it.
KINDS = {
    "debt_counsellor": {
        "application": "aanvraag voor schuldhulp",
        "accepted_offer": "hulpaanbod aangenomen",
    },
    "collector": {"claim": "eigen vordering"},
    "remission_officer": {"remission": "verzoek om kwijtschelding"},
    "signal_worker": {"signal": "vroegsignaal"},
    "benefit_collector": {"claim": "eigen vordering"},
}

#: How a resident can give permission.
CHANNELS = {
    "phone": "telefoon",
    "desk": "balie of huisbezoek",
    "letter": "brief",
    "e-mail": "e-mail",
    "portal": "portaal",
}

#: The field groups that a resident can agree to share: those a permission can open.
SHARED = tuple(
    name for name, group in groups().items() if any("B" in c.cases for c in group.cells.values())
)

#: The roles that a permission can open something for.
SHARED_WITH = tuple(
    role for role in ROLES if any("B" in group.cell(role).cases for group in groups().values())
)

#: The shortest reason that says something.
SHORTEST = 15


def plain(text: str, least: int = 1) -> str:
    """Return a text that a person typed. Raises ConfigError when it is empty or holds a BSN."""
    told = " ".join(text.split())
    if len(told) < least:
        raise ConfigError(f"Schrijf ten minste {least} tekens; u schreef er {len(told)}.")
    if any(elfproef(digits) for digits in re.findall(r"(?<!\d)\d{9}(?!\d)", told)):
        raise ConfigError("Zet geen BSN in de tekst. De hub weet al om welke inwoner het gaat.")
    return told


def link_case(
    connection: Connection,
    hub: Hub,
    actor: Actor,
    resident_id: str,
    *,
    kind: str,
    number: str,
    starts_on: date,
) -> int:
    """Tie a resident to the caseload of the actor's role; return the id of the link.

    Raises ConfigError for a kind that the role does not know, or without a number.
    """
    known = KINDS.get(actor.role, {})
    if kind not in known:
        raise ConfigError("Kies wat voor dossier het is.")
    if starts_on > hub.clock.today():
        raise ConfigError("Een dossier kan niet in de toekomst beginnen.")
    row = {
        "resident_id": _known(connection, hub, resident_id),
        "role": actor.role,
        "kind": kind,
        "number": plain(number, 2)[:80],
        "starts_on": starts_on,
        "made_by": actor.name,
        "made_at": hub.clock.now(),
    }
    id_ = _add(connection, hub, case_link, row)
    _log(connection, hub, actor, resident_id, "case_link", f"{kind}:{row['number']}")
    return id_


def end_case(connection: Connection, hub: Hub, actor: Actor, resident_id: str, id_: int) -> None:
    """End a case that a person recorded; the access by it ends today. Raises ConfigError."""
    _end(connection, hub, case_link, resident_id, id_, {"ends_on": hub.clock.today()})
    _log(connection, hub, actor, resident_id, "case_end", f"case_link:{id_}")


@dataclass(frozen=True)
class Agreed:
    """What a resident agreed to: which text, when, how, which field groups, for which roles."""

    text_version: str
    channel: str
    given_on: date
    groups: Sequence[str]
    roles: Sequence[str]


def give_permission(
    connection: Connection, hub: Hub, actor: Actor, resident_id: str, agreed: Agreed
) -> int:
    """Record a permission of a resident; return its id. Raises ConfigError for an unclear one."""
    if agreed.channel not in CHANNELS:
        raise ConfigError("Kies hoe de inwoner toestemming gaf.")
    if not agreed.groups or not set(agreed.groups) <= set(SHARED):
        raise ConfigError("Kies welke gegevens de inwoner wil delen.")
    if not agreed.roles or not set(agreed.roles) <= set(SHARED_WITH):
        raise ConfigError("Kies met wie de inwoner de gegevens wil delen.")
    if agreed.given_on > hub.clock.today():
        raise ConfigError("De toestemming kan niet in de toekomst gegeven zijn.")
    row = {
        "resident_id": _known(connection, hub, resident_id),
        "text_version": plain(agreed.text_version, 2)[:40],
        "channel": agreed.channel,
        "groups": sorted(agreed.groups),
        "roles": sorted(agreed.roles),
        "given_on": agreed.given_on,
        "recorded_by": actor.name,
        "recorded_at": hub.clock.now(),
    }
    id_ = _add(connection, hub, permission, row)
    _log(connection, hub, actor, resident_id, "permission_give", f"permission:{id_}")
    return id_


def withdraw(connection: Connection, hub: Hub, actor: Actor, resident_id: str, id_: int) -> None:
    """Withdraw a permission; what it opened is closed at once. Raises ConfigError."""
    values = {"withdrawn_on": hub.clock.today(), "withdrawn_by": actor.name}
    _end(connection, hub, permission, resident_id, id_, values)
    _log(connection, hub, actor, resident_id, "permission_withdraw", f"permission:{id_}")


def break_glass(
    connection: Connection, hub: Hub, actor: Actor, resident_id: str, reason: str
) -> int:
    """Open a resident outside the caseload for a while; the privacy officer is told at once.

    Returns the id. Raises ConfigError without a reason that says something.
    """
    now = hub.clock.now()
    row = {
        "resident_id": _known(connection, hub, resident_id),
        "account": actor.name,
        "role": actor.role,
        "reason": plain(reason, SHORTEST),
        "starts_at": now,
        "ends_at": now + timedelta(minutes=hub.settings.emergency_minutes),
    }
    id_ = _add(connection, hub, emergency, row)
    _log(connection, hub, actor, resident_id, "break_glass", f"emergency:{id_}")
    open_concern(
        connection,
        hub,
        "emergency",
        actor.name,
        f"{actor.name} opende een inwoner buiten de eigen caseload. Beoordeel de reden in de hub.",
    )
    return id_


def review(
    connection: Connection, hub: Hub, actor: Actor, id_: int, *, justified: bool, remark: str
) -> None:
    """Judge a broken glass. Raises ConfigError when it is judged already, or by its own user."""
    row = connection.execute(
        select(emergency).where(emergency.c.id == id_, emergency.c.municipality == hub.municipality)
    ).one_or_none()
    if row is None or row.reviewed_at is not None:
        raise ConfigError("Deze noodtoegang is al beoordeeld. Ververs de pagina.")
    if row.account == actor.name:
        raise ConfigError("U kunt uw eigen noodtoegang niet beoordelen.")
    connection.execute(
        update(emergency)
        .where(emergency.c.id == id_)
        .values(
            reviewed_by=actor.name,
            reviewed_at=hub.clock.now(),
            verdict="justified" if justified else "unjustified",
            remark=plain(remark) if remark.strip() else "",
        )
    )
    _log(connection, hub, actor, row.resident_id, "emergency_review", f"emergency:{id_}")


@dataclass(frozen=True)
class Access:
    """What opens a resident now, as recorded by people."""

    links: list[Row[Any]]
    permissions: list[Row[Any]]


def access_of(connection: Connection, hub: Hub, allowed: Permit) -> Access:
    """Return the cases of this role and the permissions it may know of, that stand today.

    A case of another role would tell that this role helps: that is content.
    """
    today, resident_id = hub.clock.today(), allowed.resident_id
    links = select(case_link).where(
        case_link.c.municipality == hub.municipality,
        case_link.c.resident_id == resident_id,
        case_link.c.role == allowed.role,
        case_link.c.ends_on.is_(None) | (case_link.c.ends_on > today),
    )
    agreed = select(permission).where(
        permission.c.municipality == hub.municipality,
        permission.c.resident_id == resident_id,
        permission.c.withdrawn_on.is_(None),
    )
    return Access(
        list(connection.execute(links.order_by(case_link.c.id))),
        [
            row
            for row in connection.execute(agreed.order_by(permission.c.id))
            if allowed.role in row.roles or set(row.groups) <= allowed.reads
        ],
    )


def emergencies(connection: Connection, hub: Hub, limit: int = 100) -> list[Row[Any]]:
    """Return every broken glass, those that wait for a judgement first."""
    query = (
        select(emergency)
        .where(emergency.c.municipality == hub.municipality)
        .order_by(emergency.c.reviewed_at.is_not(None), emergency.c.id.desc())
        .limit(limit)
    )
    return list(connection.execute(query))


def _known(connection: Connection, hub: Hub, resident_id: str) -> str:
    found = connection.execute(
        select(resident.c.id).where(
            resident.c.id == resident_id, resident.c.municipality == hub.municipality
        )
    ).scalar()
    if found is None:
        raise ConfigError("De hub kent deze inwoner niet.")
    return found


def _add(connection: Connection, hub: Hub, table: Table, row: dict[str, Any]) -> int:
    made = insert(table).values(municipality=hub.municipality, **row).returning(table.c.id)
    return int(connection.execute(made).scalar_one())


def _end(
    connection: Connection,
    hub: Hub,
    table: Table,
    resident_id: str,
    id_: int,
    values: dict[str, Any],
) -> None:
    still = table.c[next(iter(values))].is_(None)
    ended = connection.execute(
        update(table)
        .where(
            table.c.id == id_,
            table.c.resident_id == resident_id,
            table.c.municipality == hub.municipality,
            still,
        )
        .values(**values)
    )
    if not ended.rowcount:
        raise ConfigError("Dit is al beëindigd. Ververs de pagina.")


def _log(
    connection: Connection, hub: Hub, actor: Actor, resident_id: str, action: str, thing: str
) -> None:
    ground = ROLES[actor.role].ground if actor.role in ROLES else ""
    deed = Deed(action, "access", [resident_id], object=thing[:160], ground=ground)
    log_deed(connection, hub, actor, deed)
