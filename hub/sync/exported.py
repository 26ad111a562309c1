"""What the hub hands to a connector that provides data to others, streamed from the store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, Select, select

from hub.connector import Connector
from hub.core import Hub
from hub.errors import ContractError
from hub.security.audit import HUB, Deed, log_deed
from hub.store import FACTS, person, source, standing, subject
from hub.sync.subjects import DETAILS

#: Columns of a fact that mean something inside the hub only.
_OWN = {
    "id",
    "source_id",
    "record_id",
    "digest",
    "subject_id",
    "resident_id",
    "claim_id",
    "link_method",
    "link_score",
    "linked_by",
    "received_at",
    "superseded_at",
}

#: How many rows stand in memory at once, and are logged at once.
PORTION = 5000


def exported(hub: Hub, connector: type[Connector], kind: str) -> Iterator[dict[str, Any]]:
    """Yield every record of `kind` that stands for this municipality, in the order it came.

    Raises ContractError for a kind that the connector does not declare.
    """
    if kind not in connector.exports:
        raise ContractError(
            f"De koppeling {connector.name} vraagt gegevens die zij niet noemt: {kind}.",
            f"{connector.name} exports {kind!r} without declaring it",
        )
    query, names = _query(hub, kind)
    with hub.reader.connect() as connection:
        rows = connection.execute(query, execution_options={"yield_per": PORTION})
        for part in rows.partitions():
            _log(hub, connector, kind, sorted({one.resident_id for one in part} - {None}))
            for row in part:
                yield _record(hub, names, row)


def _query(hub: Hub, kind: str) -> tuple[Select[Any], list[str]]:
    table = FACTS[kind]
    names = [one.name for one in table.c if one.name not in _OWN]
    query = (
        select(
            *(table.c[name] for name in names),
            table.c.resident_id,
            source.c.name.label("told_by"),
            subject.c.id.label("whom"),
            subject.c.bsn.label("sealed_bsn"),
            *(person.c[name].label(f"who_{name}") for name in DETAILS),
        )
        .join(source, source.c.id == table.c.source_id)
        .outerjoin(subject, subject.c.id == table.c.subject_id)
        .outerjoin(person, (person.c.subject_id == subject.c.id) & standing(person))
        .where(source.c.municipality == hub.municipality, standing(table))
        .order_by(table.c.id)
    )
    return query, names


def _log(hub: Hub, connector: type[Connector], kind: str, residents: list[str]) -> None:
    with hub.engine.begin() as connection:
        deed = Deed("export", "export", residents=residents, object=f"{connector.name}: {kind}")
        log_deed(connection, hub, HUB, deed)


def _record(hub: Hub, names: list[str], row: Row[Any]) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in names} | {"source": row.told_by}
    if row.whom is not None:
        bsn = hub.keys.open(row.sealed_bsn, "subject.bsn") if row.sealed_bsn else None
        found["person"] = {"bsn": bsn} | {name: getattr(row, f"who_{name}") for name in DETAILS}
    return found
