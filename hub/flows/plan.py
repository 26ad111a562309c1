"""What a flow would do for one resident now: a list of steps, each with its receiver.

A plan writes nothing. It is made for the page that asks whether somebody is sure, and again in
the transaction that starts the flow; what was done already or is under way is left out, so a
flow that is started again does nothing twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, select

from hub.clock import add_working_days
from hub.core import Hub
from hub.errors import ConfigError
from hub.flows.creditors import Creditor, creditors_of, named
from hub.flows.words import BY_HAND
from hub.security.grounds import in_force
from hub.store import balance_request, command, debt_case, notice, standing
from hub.sync.holds import HELP, Move, held_at, moves, reasons_of, wanted_until
from hub.sync.orders import accepting, deregistration, registration
from hub.sync.outbox import ENDED
from hub.sync.sources import Source

#: Working days in which a creditor answers (Schuldenknooppunt, procesafspraken 2.3): within that
#: time the same question is not put again.
ANSWER_WORKING_DAYS = 10

#: Without a case, for how many days a creditor that was told of help knows it still.
TOLD_DAYS = 240


@dataclass(frozen=True)
class Work:
    """For whom a flow is planned, and what the form asked: why and until when, where it asks."""

    connection: Connection
    hub: Hub
    resident_id: str
    reason: str = HELP
    until: date | None = None

    @property
    def today(self) -> date:
        """Return the day of the plan."""
        return self.hub.clock.today()


@dataclass(frozen=True)
class Step:
    """One step: send a command, take one back, do it by hand, or nothing because it is done.

    `kind` is that of the command, also of what is done by hand. `note` is Dutch: what to do by
    hand, or why nothing is to be done.
    """

    kind: str
    receiver: str
    way: Literal["send", "cancel", "hand", "none"]
    creditor: str = ""
    source: Source | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    command_id: str = ""
    note: str = ""


@dataclass(frozen=True)
class Plan:
    """The steps of a flow, and at which creditors a reason to hold begins or ends.

    `adds` are (creditor, last day), `lifts` are creditors, for the reason that was asked about.
    """

    steps: tuple[Step, ...] = ()
    adds: tuple[tuple[str, date], ...] = ()
    lifts: tuple[str, ...] = ()

    @property
    def does_something(self) -> bool:
        """Tell whether there is anything to do, for the hub or by hand."""
        return bool(self.adds or self.lifts) or any(one.way != "none" for one in self.steps)

    @property
    def digest(self) -> str:
        """Return a digest of what is shown, to see whether it changed before somebody said yes."""
        told = [
            (one.kind, one.receiver, one.way, one.source.name if one.source else "", dict(one.data))
            for one in self.steps
        ]
        adds = [(code, until.isoformat()) for code, until in self.adds]
        text = json.dumps([told, adds, self.lifts], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def put_on_hold(work: Work) -> Plan:
    """Plan a pause at every public creditor, for one reason. Raises ConfigError for a past day."""
    until = work.until
    if until is None or not work.today <= until <= work.today + timedelta(days=730):
        raise ConfigError(
            "Kies tot en met welke dag de pauze duurt: vandaag of later, hoogstens 2 jaar."
        )
    steps: list[Step] = []
    adds = []
    for one in creditors_of(work.connection, work.hub, work.resident_id):
        if not one.public:
            continue
        standing_now = _untils(work, one.code)
        if standing_now.get(work.reason) != until:
            adds.append((one.code, until))
        after = standing_now | {work.reason: until}
        # Who is told by hand was told so when the first reason came.
        told = bool(standing_now) and one.letter is None
        steps += _hold_steps(work, one, after, told=told)
    return Plan(tuple(steps), adds=tuple(adds))


def lift(work: Work) -> Plan:
    """Plan the end of one reason; where another stands, the hold stays."""
    steps: list[Step] = []
    lifts = tuple(
        row.creditor
        for row in reasons_of(work.connection, work.hub, work.resident_id)
        if row.reason == work.reason
    )
    for one in _known(work, lifts):
        left = {why: day for why, day in _untils(work, one.code).items() if why != work.reason}
        steps += _hold_steps(work, one, left, told=True)
    return Plan(tuple(steps), lifts=lifts)


def register(work: Work) -> Plan:
    """Plan the registration in VISH."""
    data = registration(work.connection, work.hub, work.resident_id)
    if data is None:
        return Plan((_nothing("register", "VISH", "Er is geen schuldhulptraject bekend."),))
    if deregistration(work.connection, work.hub, work.resident_id):
        return Plan((_nothing("register", "VISH", "Deze inwoner staat al in VISH."),))
    return Plan(tuple(_to_register(work, "register", data)))


def deregister(work: Work) -> Plan:
    """Plan the end of the registration in VISH."""
    data = deregistration(work.connection, work.hub, work.resident_id)
    if data is None:
        return Plan((_nothing("deregister", "VISH", "Deze inwoner staat niet in VISH."),))
    return Plan(tuple(_to_register(work, "deregister", data)))


def write_to_all(work: Work) -> Plan:
    """Plan a Kennisgeving and a Saldoverzoek to every creditor in the overview."""
    steps = []
    for one in creditors_of(work.connection, work.hub, work.resident_id):
        for kind in ("notice", "balance_request"):
            steps.append(_message(work, one, kind, _told_before(work, one, kind)))
    return Plan(tuple(steps))


def end_help(work: Work) -> Plan:
    """Plan the end of help: its reason for holds goes, VISH ends, and who was told hears it."""
    lifted = lift(work)
    told = _told_by_exchange(work)
    ended = [_message(work, one, "ended", "") for one in _known(work, told)]
    # A creditor that is told the help has ended needs no second letter about the pause.
    steps = [one for one in lifted.steps if one.kind != "status" or one.creditor not in told]
    return Plan((*steps, *deregister(work).steps, *ended), lifts=lifted.lifts)


def _untils(work: Work, creditor: str) -> dict[str, date]:
    rows = reasons_of(work.connection, work.hub, work.resident_id)
    return {row.reason: row.until for row in rows if row.creditor == creditor}


def _known(work: Work, codes: tuple[str, ...]) -> list[Creditor]:
    # Somebody paid off is owed nothing any more, but must hear that the pause is over.
    said = dict.fromkeys(codes, "")
    return named(work.connection, work.hub, work.resident_id, said)


def _hold_steps(work: Work, one: Creditor, after: Mapping[str, date], *, told: bool) -> list[Step]:
    """Return what brings every channel of a creditor to what its reasons want."""
    wanted = wanted_until(after.values(), work.today)
    if not one.channels:
        return [_without_channel(work, one, wanted, told)]
    why = in_force(work.connection, work.hub).get("F")
    ground = why.title[:100] if why else ""
    steps: list[Step] = []
    for source in one.channels:
        held = held_at(work.connection, source, work.resident_id)
        todo = moves(wanted, held, work.today, ground)
        steps += [_move(source, one, move) for move in todo]
        if not todo:
            steps.append(_nothing(*_idle(one, wanted), creditor=one.code))
    return steps


def _idle(one: Creditor, wanted: date | None) -> tuple[str, str, str]:
    if wanted is None:
        return "lift_hold", one.name, "Hier loopt geen pauze die de hub vroeg."
    note = (
        f"De pauze blijft tot en met {wanted:%d-%m-%Y}; er is nog een reden of zij is al gevraagd."
    )
    return "set_hold", one.name, note


def _move(source: Source, one: Creditor, move: Move) -> Step:
    if move.kind == "cancel":
        note = "De aanvraag die nog klaarstond wordt ingetrokken."
        return Step(
            "set_hold", one.name, "cancel", one.code, source, command_id=move.command_id, note=note
        )
    return Step(move.kind, one.name, "send", one.code, source, move.data)


def _without_channel(work: Work, one: Creditor, wanted: date | None, told: bool) -> Step:
    """Return the step for a creditor whose own system sets no holds: a letter, or by hand."""
    if wanted and not told:
        return _message(work, one, "notice", _told_before(work, one, "notice"))
    if wanted:
        return _nothing(*_idle(one, wanted), creditor=one.code)
    return _message(work, one, "status", "")


def _message(work: Work, one: Creditor, kind: str, before: str) -> Step:
    """Return the step of one letter over the exchange; `before` says that it went already."""
    source = next(iter(_able(work, kind)), None)
    if before or _under_way(work, kind, one.code):
        return _nothing(kind, one.name, before or "Dit bericht is al onderweg.", creditor=one.code)
    if one.letter is None or source is None:
        return Step(kind, one.name, "hand", one.code, note=BY_HAND[kind])
    return Step(kind, one.name, "send", one.code, source, {**one.letter, **_text(work, kind)})


def _text(work: Work, kind: str) -> dict[str, str]:
    """Return what a letter says beside whom it is about; never why."""
    return {
        "ended": {"on": work.today.isoformat(), "text": "De schuldhulp is geëindigd."},
        "status": {"status": "pauze beëindigd", "text": "De incassopauze is voorbij."},
    }.get(kind, {})


def _to_register(work: Work, kind: str, data: Mapping[str, Any]) -> Iterator[Step]:
    sources = _able(work, kind)
    if not sources:
        yield Step(kind, "VISH", "hand", note=BY_HAND[kind])
    for one in sources:
        if _under_way(work, kind, source=one):
            yield _nothing(kind, one.title, "Dit is al onderweg.")
        else:
            yield Step(kind, one.title, "send", source=one, data=data)


def _able(work: Work, kind: str) -> list[Source]:
    try:
        return accepting(work.hub, kind)
    except ConfigError:
        return []


def _under_way(work: Work, kind: str, party: str = "", source: Source | None = None) -> bool:
    query = select(command.c.data, command.c.source_id).where(
        command.c.resident_id == work.resident_id,
        command.c.kind == kind,
        command.c.state.not_in(ENDED | {"exhausted"}),
        command.c.asked != "cancel",
    )
    return any(
        row.data.get("party", "") == party and (source is None or row.source_id == source.id)
        for row in work.connection.execute(query)
    )


def _told_before(work: Work, one: Creditor, kind: str) -> str:
    """Return when a creditor got this letter and still works with it; empty to send it."""
    table = {"notice": notice, "balance_request": balance_request}[kind]
    last = work.connection.execute(
        select(table.c.sent_on)
        .where(
            table.c.resident_id == work.resident_id,
            table.c.party == one.code,
            table.c.direction == "out",
            standing(table),
        )
        .order_by(table.c.sent_on.desc())
    ).scalar()
    since = _help_since(work) if kind == "notice" else _asked_since(work.today)
    return f"Verstuurd op {last:%d-%m-%Y}." if last and last >= since else ""


def _help_since(work: Work) -> date:
    query = select(debt_case.c.starts_on).where(
        debt_case.c.resident_id == work.resident_id,
        standing(debt_case),
        debt_case.c.ends_on.is_(None),
    )
    begun = work.connection.execute(query.order_by(debt_case.c.starts_on)).scalar()
    return begun or work.today - timedelta(days=TOLD_DAYS)


def _asked_since(today: date) -> date:
    return add_working_days(today, -ANSWER_WORKING_DAYS)


def _told_by_exchange(work: Work) -> tuple[str, ...]:
    """Return the creditors that were written to in this help, in the order of their codes."""
    found: set[str] = set()
    for table in (notice, balance_request):
        query = select(table.c.party).where(
            table.c.resident_id == work.resident_id, table.c.direction == "out", standing(table)
        )
        found |= set(work.connection.execute(query).scalars())
    return tuple(sorted(found))


def _nothing(kind: str, receiver: str, note: str, creditor: str = "") -> Step:
    return Step(kind, receiver, "none", creditor, note=note)
