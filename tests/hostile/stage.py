"""A hub with one source, which is the hostile register; and what must hold of its store."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, text

from hub.core import Hub
from hub.store import claim_statement, reject, run, standing
from hub.sync.inbound import Outcome, sync_source
from hub.sync.sources import find_source, save_source
from hub.testing.hostile import Case, HostileServer, claims

#: Cases that are about time, and so get little of it.
SLOW = (
    "delay",
    "slow_head",
    "slow_body",
    "slow_chunk_size",
    "endless_continue",
    "endless_trailers",
)


def read_well(hub: Hub, server: HostileServer) -> Outcome:
    """Read the register while it behaves."""
    server.case, server.body = "good", None
    hub.clock.move(days=2)  # type: ignore[attr-defined]  # past whatever wait it asked for
    return _read(hub, server, Case("good", "succeeded", None))


def read_badly(hub: Hub, server: HostileServer, case: Case) -> Outcome:
    """Read the register while it, or the connector, misbehaves."""
    server.case = case.name
    if case.fault:
        # Only what is new or changed is parsed.
        server.claims = [one | {"text": "Anders"} for one in server.claims]
    return _read(hub, server, case)


def change_everything(server: HostileServer) -> None:
    """Let the register hold four claims, each with another amount and text than before."""
    server.claims = [one | {"open": one["open"] + 1, "text": "Nieuw"} for one in claims(4)]


def _read(hub: Hub, server: HostileServer, case: Case) -> Outcome:
    config = {
        "url": server.url,
        "form": case.form,
        "ca_file": server.ca_file,
        "timeout": 0.4 if case.name in SLOW else 60.0,
        "fault": case.name if case.fault else "",
    }
    named = {"name": "hostile", "title": "Bron", "connector": "hostile", "owner": "stad"}
    save_source(hub, {**named, "config": config})
    hub.clock.move(seconds=1)  # type: ignore[attr-defined]
    (outcome,) = sync_source(hub, find_source(hub, "hostile"))
    return outcome


def standing_amounts(hub: Hub) -> dict[str, int]:
    """Return the open amount of every claim that stands, by its number."""
    table = claim_statement
    query = select(table.c.reference, table.c.open).where(standing(table))
    with hub.reader.connect() as connection:
        rows = connection.execute(query).all()
    assert len({row.reference for row in rows}) == len(rows), "a claim stands twice"
    return {row.reference: row.open for row in rows}


def expected_amounts(server: HostileServer) -> dict[str, int]:
    """Return what the register holds, in the form of `standing_amounts`."""
    return {one["key"]: one["open"] for one in server.claims}


def reasons(hub: Hub, outcome: Outcome) -> str:
    """Return all reasons of the rejects of a run."""
    query = select(reject.c.reasons).where(reject.c.run_id == outcome.run_id)
    with hub.reader.connect() as connection:
        return " ".join(one for row in connection.execute(query) for one in row.reasons)


def assert_intact(hub: Hub) -> None:
    """Look whether every run adds up, and whether the store finds no fault in itself."""
    with hub.reader.connect() as connection:
        off = connection.execute(
            select(func.count()).where(
                run.c.read != run.c.applied + run.c.unchanged + run.c.rejected
            )
        ).scalar_one()
        assert off == 0, "the counts of a run do not add up"
        if connection.dialect.name == "sqlite":
            assert _pragma(connection, "integrity_check") == [("ok",)]
            assert _pragma(connection, "foreign_key_check") == []


def _pragma(connection: Any, name: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(text(f"PRAGMA {name}"))]
