"""What a person can ask of the registers for one resident; each makes commands in the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from hub.core import Hub
from hub.errors import ConfigError, Outdated
from hub.store import (
    claim_statement,
    command,
    debt_case,
    hold,
    own,
    participant,
    register_entry,
    standing,
)
from hub.sync.holds import held_at, reasons_of
from hub.sync.outbound import Order, create_command
from hub.sync.sources import Source, all_sources


def put_hold(
    connection: Connection, hub: Hub, resident_id: str, *, until: date, ground: str, by: str
) -> list[str]:
    """Ask every creditor with a standing claim on this resident to pause collection.

    Returns the ids of the commands. Raises ConfigError when no such creditor is connected or
    the day lies before today.
    """
    today = hub.clock.today()
    if until < today:
        raise ConfigError("De einddatum van de pauze ligt voor vandaag. Kies een latere datum.")
    creditors = _creditors_of(connection, hub, resident_id)
    if not creditors:
        raise ConfigError("Geen aangesloten schuldeiser heeft een vordering op deze inwoner.")
    data = {
        "ground": ground,
        "starts_on": today.isoformat(),
        "ends_on": until.isoformat(),
        "scope": "alle vorderingen",
    }
    orders = [Order(one.name, "set_hold", resident_id, data, ground, by) for one in creditors]
    return _create(connection, hub, creditors, orders)


def lift_hold(
    connection: Connection,
    hub: Hub,
    resident_id: str,
    hold_id: int,
    *,
    ground: str,
    by: str,
    version: str | None = None,
) -> list[str]:
    """Ask the creditor that confirmed this hold to end it.

    Raises ConfigError when it is gone, or when a reason for it still stands; and Outdated when
    somebody else is already having it ended, or asked for that since `version` (see
    `lift_versions`).
    """
    row = find_hold(connection, resident_id, hold_id)
    if row is None:
        raise ConfigError("Deze incassopauze bestaat niet meer. Ververs de pagina.")
    lifts = _lifts(connection, [row]).get(row.id, [])
    if any(one.state in UNDER_WAY for one in lifts) or version not in (None, _version(row, lifts)):
        raise _lifted(lifts)
    one = _source(hub, row.source_id)
    ours = {held.reference for held in held_at(connection, one, resident_id)}
    reasons = reasons_of(connection, hub, resident_id)
    if row.reference in ours and any(why.creditor == one.owner for why in reasons):
        raise ConfigError("Deze pauze heeft nog een reden. Hef eerst elke reden op.")
    order = Order(one.name, "lift_hold", resident_id, {"reference": row.reference}, ground, by)
    return _create(connection, hub, [one], [order])


#: The states of a command of which the outcome is still to come.
UNDER_WAY = ("ready", "paused", "sending", "unknown")


def find_hold(connection: Connection, resident_id: str, hold_id: int) -> Row[Any] | None:
    """Return a standing hold of a resident, for who may have it ended.

    It is locked, so that of two who do so at once the second sees the command of the first.
    """
    query = select(hold).where(
        hold.c.id == hold_id, hold.c.resident_id == resident_id, standing(hold)
    )
    return connection.execute(query.with_for_update()).one_or_none()


def lift_versions(connection: Connection, holds: Sequence[Row[Any]]) -> dict[int, str]:
    """Return a word for each hold that changes when it does, or when somebody has it ended."""
    lifts = _lifts(connection, holds)
    return {row.id: _version(row, lifts.get(row.id, [])) for row in holds}


def _version(row: Row[Any], lifts: Sequence[Row[Any]]) -> str:
    return f"{row.id}-{len(lifts)}"


def _lifts(connection: Connection, holds: Sequence[Row[Any]]) -> dict[int, list[Row[Any]]]:
    """Return the commands that asked to end each of these holds of one resident, oldest first."""
    query = (
        select(command)
        .where(
            command.c.kind == "lift_hold",
            command.c.resident_id.in_({row.resident_id for row in holds}),
        )
        .order_by(command.c.number)
    )
    given = connection.execute(query).all()
    return {
        row.id: [
            one
            for one in given
            if one.source_id == row.source_id and one.data.get("reference") == row.reference
        ]
        for row in holds
    }


def _lifted(lifts: Sequence[Row[Any]]) -> Outdated:
    who = lifts[-1].created_by if lifts else "Iemand anders"
    return Outdated(
        f"{who} vroeg al om deze incassopauze op te heffen. Er is geen tweede opdracht gegeven.",
        "somebody else asked to lift this hold",
        changes=[f"Opdracht van {one.created_at:%d-%m-%Y} door {one.created_by}." for one in lifts],
    )


def register_vish(
    connection: Connection, hub: Hub, resident_id: str, *, ground: str, by: str
) -> list[str]:
    """Ask VISH to register this resident under the running case. Raises ConfigError if none."""
    data = registration(connection, hub, resident_id)
    if data is None:
        raise ConfigError("Er is geen schuldhulptraject om bij VISH aan te melden.")
    sources = accepting(hub, "register")
    orders = [Order(one.name, "register", resident_id, data, ground, by) for one in sources]
    return _create(connection, hub, sources, orders)


def deregister_vish(
    connection: Connection, hub: Hub, resident_id: str, *, ground: str, by: str
) -> list[str]:
    """Ask VISH to end this resident's registration. Raises ConfigError if there is none."""
    data = deregistration(connection, hub, resident_id)
    if data is None:
        raise ConfigError("Deze inwoner staat niet in VISH.")
    sources = accepting(hub, "deregister")
    orders = [Order(one.name, "deregister", resident_id, data, ground, by) for one in sources]
    return _create(connection, hub, sources, orders)


def write_to_creditor(
    connection: Connection,
    hub: Hub,
    resident_id: str,
    kind: str,
    party: str,
    *,
    ground: str,
    by: str,
) -> list[str]:
    """Send a Kennisgeving ("notice") or Saldoverzoek ("balance_request") to a covenant party.

    Raises ConfigError when the party is unknown or not reachable over the Schuldenknooppunt.
    """
    data = letter(connection, hub, resident_id, party)
    if data is None:
        raise ConfigError("Deze schuldeiser is niet bekend bij het Schuldenknooppunt.")
    sources = accepting(hub, kind)
    orders = [Order(one.name, kind, resident_id, data, ground, by) for one in sources[:1]]
    return _create(connection, hub, sources, orders)


def registration(connection: Connection, hub: Hub, resident_id: str) -> dict[str, Any] | None:
    """Return what VISH must hear to register this resident; None without a running case."""
    row = _standing_one(connection, debt_case, resident_id)
    if row is None:
        return None
    data = {"phase": row.phase, "starts_on": hub.clock.today().isoformat()}
    return data | ({"case_number": row.reference} if row.reference else {})


def deregistration(connection: Connection, hub: Hub, resident_id: str) -> dict[str, Any] | None:
    """Return what VISH must hear to end this resident's registration; None if there is none."""
    row = _standing_one(connection, register_entry, resident_id, register="vish")
    if row is None:
        return None
    return {
        "reference": row.reference,
        "phase": row.phase,
        "starts_on": row.starts_on.isoformat(),
        "ends_on": hub.clock.today().isoformat(),
        "end_reason": "beëindigd",
    }


def letter(connection: Connection, hub: Hub, resident_id: str, party: str) -> dict[str, Any] | None:
    """Return what any letter to a covenant party holds; None where the exchange knows it not."""
    # A party whose terms changed has a row for each period; the newest knows its number.
    row = connection.execute(
        select(participant)
        .where(
            participant.c.code == party,
            participant.c.skp_id != "",
            standing(participant),
            own(participant, hub.municipality),
        )
        .order_by(participant.c.valid_from.desc())
    ).first()
    if row is None:
        return None
    references = connection.execute(
        select(claim_statement.c.reference)
        .where(
            claim_statement.c.resident_id == resident_id,
            claim_statement.c.creditor == party,
            claim_statement.c.reference != "",
            standing(claim_statement),
        )
        .distinct()
        .order_by(claim_statement.c.reference)
    ).scalars()
    return {
        "party": party,
        "party_skp_id": row.skp_id,
        "client_number": resident_id,
        "references": list(references),
    }


def parties(connection: Connection, hub: Hub) -> Sequence[Row[Any]]:
    """Return the covenant parties that can be written to today, by name."""
    today = hub.clock.today()
    query = (
        select(participant)
        .where(
            standing(participant),
            own(participant, hub.municipality),
            participant.c.skp_id != "",
            participant.c.valid_from <= today,
            or_(participant.c.valid_until.is_(None), participant.c.valid_until >= today),
        )
        .order_by(participant.c.name)
    )
    return connection.execute(query).all()


def _create(
    connection: Connection, hub: Hub, sources: Sequence[Source], orders: Sequence[Order]
) -> list[str]:
    by_name = {one.name: one for one in sources}
    return [create_command(connection, hub, by_name[order.source], order) for order in orders]


def accepting(hub: Hub, kind: str) -> list[Source]:
    """Return the sources that can carry out a kind of command. Raises ConfigError for none."""
    found = [one for one in all_sources(hub) if one.enabled and kind in one.connector.commands]
    if not found:
        raise ConfigError("Er is geen bron aangesloten die deze opdracht kan uitvoeren.")
    return found


def _creditors_of(connection: Connection, hub: Hub, resident_id: str) -> list[Source]:
    query = select(claim_statement.c.source_id).where(
        claim_statement.c.resident_id == resident_id, standing(claim_statement)
    )
    ids = set(connection.execute(query).scalars())
    return [
        one
        for one in all_sources(hub)
        if one.enabled
        and one.id in ids
        and one.role == "creditor"
        and "set_hold" in one.connector.commands
    ]


def _source(hub: Hub, source_id: int) -> Source:
    return next(one for one in all_sources(hub) if one.id == source_id)


def _standing_one(
    connection: Connection, table: Any, resident_id: str, **more: str
) -> Row[Any] | None:
    query = (
        select(table)
        .where(table.c.resident_id == resident_id, standing(table), table.c.ends_on.is_(None))
        .filter_by(**more)
        .order_by(table.c.id.desc())
    )
    return connection.execute(query).first()
