"""The life of a finding: who works on it, until when it rests, and what a person made of it.

Facts open and close a finding (hub.reconcile.engine); people take it on, put it off or settle it.
A settled finding stays settled as long as the facts do: when they change it is back, and says so.
Each step is checked against the version that the person saw, so that of two people who act at
once the second sees what changed, and nothing is overwritten silently.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from hub.clock import add_working_days
from hub.core import Hub
from hub.errors import ConfigError, Outdated
from hub.security.accounts import colleagues
from hub.security.audit import Actor
from hub.security.cases import plain
from hub.store import finding
from hub.store.engine import chunks

#: Every step a person can take: from which states, and to which.
STEPS: dict[str, tuple[frozenset[str], str]] = {
    "take": (frozenset({"open", "taken", "postponed"}), "taken"),
    "assign": (frozenset({"open", "taken", "postponed"}), "taken"),
    "release": (frozenset({"taken"}), "open"),
    "postpone": (frozenset({"open", "taken", "postponed"}), "postponed"),
    "settle": (frozenset({"open", "taken", "postponed"}), "settled"),
    "reopen": (frozenset({"postponed", "settled"}), "open"),
}

#: What each state is called.
STATES = {
    "open": "nog niet opgepakt",
    "taken": "in behandeling",
    "postponed": "uitgesteld",
    "settled": "afgehandeld",
}

#: The shortest reason that says something, in characters.
SHORTEST = 10

#: The longest reason that is kept, in characters.
LONGEST_REASON = 1000

#: What is put off longer than this is forgotten rather than postponed.
LONGEST = timedelta(days=365)


@dataclass(frozen=True)
class Step:
    """One step of a person: which, and where it asks for them until when, why and to whom.

    `to` is the account of the colleague who gets it.
    """

    name: str
    until: date | None = None
    reason: str = ""
    to: str = ""


def take_step(
    connection: Connection, hub: Hub, actor: Actor, id_: int, version: int, step: Step
) -> int:
    """Take a step with an open finding; return its new version.

    Raises Outdated when it was changed since `version`, and ConfigError when the step does not
    fit its state or lacks a day or reason.
    """
    row = find(connection, hub, id_)
    if row.version != version or row.closed_at is not None:
        raise _outdated(row, f"finding {id_} is at version {row.version}, not {version}")
    starts, state = STEPS[step.name]
    if row.state not in starts:
        raise ConfigError(f"Dit kan niet: deze bevinding is {STATES[row.state]}.")
    now, done = hub.clock.now(), _checked(hub, step)
    if step.name == "assign" and step.to not in colleagues(connection, hub, actor.role):
        raise ConfigError("Kies een collega uit de lijst: iemand met dezelfde rol als u.")
    entry = {"at": now.isoformat(), "by": actor.name, "step": step.name, "reason": done.reason}
    if done.until:
        entry["until"] = done.until.isoformat()
    if step.name == "assign":
        entry["to"] = step.to
    changed = connection.execute(
        update(finding)
        .where(finding.c.id == id_, finding.c.version == version, finding.c.closed_at.is_(None))
        .values(
            state=state,
            assigned_to=_whose(step, row, actor),
            until=done.until,
            reason=done.reason,
            version=version + 1,
            history=[*row.history, entry],
        )
    )
    if changed.rowcount != 1:
        raise _outdated(find(connection, hub, id_), f"finding {id_} changed meanwhile")
    return version + 1


def find(connection: Connection, hub: Hub, id_: int) -> Row[Any]:
    """Return a finding of this municipality, open or closed. Raises ConfigError when it is gone."""
    row = connection.execute(
        select(finding).where(finding.c.id == id_, finding.c.municipality == hub.municipality)
    ).one_or_none()
    if row is None:
        raise ConfigError("Deze bevinding bestaat niet meer. Ververs de pagina.")
    return row


def _checked(hub: Hub, step: Step) -> Step:
    """Return the step with its reason as it is kept. Raises ConfigError for what it lacks."""
    today, until, reason = hub.clock.today(), None, ""
    if step.name in ("postpone", "settle"):
        reason = plain(step.reason, SHORTEST)[:LONGEST_REASON]
    if step.name == "postpone":
        until = step.until
        if until is None or not today < until <= today + LONGEST:
            raise ConfigError(
                "Kies tot welke dag u dit uitstelt: na vandaag en binnen een jaar, als "
                f"{add_working_days(today, 5):%d-%m-%Y}."
            )
    return Step(step.name, until, reason)


def _whose(step: Step, row: Row[Any], actor: Actor) -> str:
    given = {"take": actor.name, "assign": step.to, "release": "", "reopen": ""}
    return given.get(step.name, str(row.assigned_to or actor.name))


def _outdated(row: Row[Any], log: str) -> Outdated:
    return Outdated(_told(row), log, version=row.version)


def _told(row: Row[Any]) -> str:
    """Return what somebody else made of a finding, for who acted on an older picture of it."""
    again = "Er is niets overschreven. Ververs de pagina en kijk of uw stap nog nodig is."
    if row.closed_at is not None:
        return f"Deze bevinding is intussen gesloten, omdat de feiten veranderden. {again}"
    last = row.history[-1] if row.history else {}
    who = f" door {last['by']}" if last.get("by") else ""
    until = f" tot {row.until:%d-%m-%Y}" if row.until else ""
    why = f" Reden: {row.reason}" if row.reason else ""
    return f"Deze bevinding is nu {STATES[row.state]}{who}{until}.{why} {again}"


# What the facts do to a finding, for the engine.

Place = tuple[str, str]  # what it is about, and its key


def bring_back(
    connection: Connection,
    municipality: str,
    rule: str,
    fresh: dict[Place, dict[str, Any]],
    now: datetime,
) -> dict[Place, dict[str, Any]]:
    """Open again what was seen before and had closed; return what was never seen.

    `fresh` holds the row that each place would get. A finding is one row through all its lives.
    """
    earlier: dict[Place, Row[Any]] = {}
    before = select(finding).where(
        finding.c.municipality == municipality,
        finding.c.rule == rule,
        finding.c.closed_at.is_not(None),
    )
    if not fresh or connection.execute(before.limit(1)).first() is None:
        return fresh
    for some in chunks(dict.fromkeys(about for about, _ in fresh)):
        for row in connection.execute(before.where(finding.c.about.in_(some)).order_by("id")):
            earlier[row.about, row.key] = row
    back = {place: row for place, row in earlier.items() if place in fresh}
    _write(
        connection,
        [
            _open_again(row, now, fresh[place], ("closed", row.closed_at), ("returned", now))
            for place, row in back.items()
        ],
    )
    return {place: row for place, row in fresh.items() if place not in back}


def disturb(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    """Bring back settled findings of which the facts changed since a person settled them."""
    for some in chunks(ids):
        query = select(finding).where(finding.c.id.in_(some), finding.c.state == "settled")
        rows = connection.execute(query).all()
        _write(connection, [_open_again(row, now, {}, ("changed", now)) for row in rows])


def _open_again(
    row: Row[Any], now: datetime, values: dict[str, Any], *steps: tuple[str, datetime]
) -> dict[str, Any]:
    told = [{"at": at.isoformat(), "by": "", "step": step} for step, at in steps]
    return {
        "row": row.id,
        "facts_": values.get("facts", row.facts),
        "severity_": values.get("severity", row.severity),
        "due_": values.get("due_on", row.due_on),
        "history_": [*row.history, *told],
        "version_": row.version + 1,
    }


def _write(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    connection.execute(
        update(finding)
        .where(finding.c.id == bindparam("row"))
        .values(
            facts=bindparam("facts_"),
            severity=bindparam("severity_"),
            due_on=bindparam("due_"),
            history=bindparam("history_"),
            version=bindparam("version_"),
            state="open",
            assigned_to="",
            until=None,
            reason="",
            closed_at=None,
            closed_by=None,
        ),
        rows,
    )
