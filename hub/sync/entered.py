"""Entered: what a person fills in on a form of a connector lands as any other record.

What stands is read from the facts themselves, so nothing about a person is kept a second time.
Nothing lands when anything of it is wrong: the person is still there to mend it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from hub.connector import Batch, Connector, ContractError, Entry, Fact, Record
from hub.core import Hub
from hub.security.caseload import register_of
from hub.security.fields import group_of
from hub.store import FACTS, person, record, resident, standing, subject
from hub.sync.inbound import Outcome
from hub.sync.parse import Checked, parse_delivered
from hub.sync.received import land_now
from hub.sync.sources import Source, all_sources, connect, load_form
from hub.sync.subjects import DETAILS

#: Columns of a fact that mean something inside the hub only.
_OWN = {"id", "source_id", "record_id", "digest", "subject_id", "resident_id", "superseded_at"}


@dataclass(frozen=True)
class Stood:
    """One entry as it stands: the key of its record, and what its form holds."""

    key: str
    values: Mapping[str, Any]
    received_at: datetime


def forms_of(one: Source, about: str) -> list[Entry]:
    """Return the entries of a source about a resident, or about the source itself."""
    return [entry for entry in one.connector.entries if entry.about == about]


def sources_for(hub: Hub, groups: Iterable[str]) -> list[Source]:
    """Return the sources in which somebody who writes these field groups can enter something."""
    open_to = set(groups)
    return [
        one
        for one in all_sources(hub)
        if one.enabled
        and any(group_for(one, entry) in open_to for entry in forms_of(one, "resident"))
    ]


def group_for(one: Source, entry: Entry) -> str:
    """Return the field group that an entry writes, empty for one about the source."""
    return group_of(register_of(one.connector), entry.kind)


def stood(
    connection: Connection, hub: Hub, one: Source, entry: Entry, resident_id: str | None
) -> list[Stood]:
    """Return what was entered and stands, newest first; of one resident when one is named."""
    table = FACTS[entry.kind]
    names = [column.name for column in table.c if column.name not in _OWN]
    query = (
        select(record.c.key.label("record_key"), *(table.c[name] for name in names))
        .join(record, record.c.id == table.c.record_id)
        .where(table.c.source_id == one.id, record.c.stream == entry.stream, standing(table))
        .order_by(table.c.id.desc())
    )
    if resident_id is not None:
        query = query.where(table.c.resident_id == resident_id)
    found: dict[str, list[Any]] = {}
    for row in connection.execute(query):
        found.setdefault(row.record_key, []).append(row)
    connector = connect(hub, one)
    return [_stood(connector, entry, key, rows) for key, rows in found.items()]


def _stood(connector: Connector, entry: Entry, key: str, rows: list[Any]) -> Stood:
    facts = [Fact(entry.kind, row.key, dict(row._mapping)) for row in rows]
    return Stood(key, connector.entered(entry.name, facts), rows[0].received_at)


def person_of(connection: Connection, hub: Hub, resident_id: str) -> dict[str, Any]:
    """Return a resident as a fact names one: by BSN alone, or by details where there is none."""
    query = select(resident.c.bsn).where(
        resident.c.id == resident_id, resident.c.municipality == hub.municipality
    )
    bsn = connection.execute(query).scalar_one()
    if bsn:
        return {"bsn": hub.keys.open(bsn, "resident.bsn")}
    known = (
        select(*(person.c[name] for name in DETAILS))
        .join(subject, subject.c.id == person.c.subject_id)
        .where(subject.c.resident_id == resident_id, standing(person))
        .order_by(person.c.received_at.desc())
    )
    row = connection.execute(known).first()
    return {name: value for name, value in row._mapping.items() if value} if row else {}


def enter(
    hub: Hub,
    one: Source,
    entry: Entry,
    values: Mapping[str, Any],
    who: Mapping[str, Any] | None,
    key: str,
) -> Outcome:
    """Land what was filled in under `key`. Raises RecordError with every problem, HubError."""
    loaded = load_form(entry.schema, values)
    connector = connect(hub, one)
    records = connector.enter(entry.name, loaded, who, key)
    for delivered in records:
        if not delivered.deleted:
            _check(connector, entry, parse_delivered(connector, entry.stream, delivered.raw), who)
    return land_now(hub, one, connector, entry.stream, Batch(records), "entered")


def remove(hub: Hub, one: Source, entry: Entry, key: str) -> Outcome:
    """Take back what was entered under `key`."""
    batch = Batch([Record(key, b"", deleted=True)])
    return land_now(hub, one, connect(hub, one), entry.stream, batch, "entered")


def _check(
    connector: Connector, entry: Entry, facts: list[Checked], who: Mapping[str, Any] | None
) -> None:
    """Raise ContractError when an entry tells about somebody else than it was opened for."""
    told = {fact.person["bsn"] for fact in facts if fact.person}
    if told - ({who.get("bsn")} if who else set()):
        raise ContractError(
            f"De koppeling {connector.name} legt iets vast over iemand anders dan op de pagina "
            "stond. Er is niets bewaard. Meld dit aan de maker van de koppeling.",
            f"{connector.name}.{entry.name} tells about another person",
        )
