"""Residents whom a connector under test may be asked about: a debt-help file beside its source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from types import SimpleNamespace
from typing import Any, ClassVar

from marshmallow import fields

from hub.connector import (
    Batch,
    ConfigSchema,
    Connector,
    Cursor,
    Fact,
    Record,
    Role,
    Stream,
    hookimpl,
    read_json,
    setting,
)
from hub.core import Hub
from hub.reconcile import reconcile
from hub.sync.inbound import sync_source
from hub.sync.sources import find_source, save_source

#: The name of the source, and of the connector.
NAME = "bench_residents"


#: How many cases are committed at a time.
BATCH = 5000


class _Settings(ConfigSchema):
    bsns = setting(fields.List, "BSN's", "Wie een traject heeft.", cls_or_instance=fields.String())


class _File(Connector):
    """A file of running debt cases, from which the hub knows whom it may ask about."""

    name: ClassVar[str] = NAME
    title: ClassVar[str] = "Inwoners"
    role: ClassVar[Role] = "debt_help"
    config: ClassVar[type[ConfigSchema]] = _Settings
    streams: ClassVar[tuple[Stream, ...]] = (Stream("cases", "Trajecten", "changes"),)

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield a case for each resident."""
        bsns = enumerate(self.settings["bsns"])
        records = (Record.json(f"case-{at}", {"at": at, "bsn": bsn}) for at, bsn in bsns)
        while batch := list(islice(records, BATCH)):
            yield Batch(batch)
        yield Batch([], caught_up=True)

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the case of one resident."""
        told = read_json(raw)
        # As the town names them: some registers can only be searched by name and birth date.
        born = f"{1960 + told['at'] % 40}-05-01"
        person = {"bsn": told["bsn"], "surname": f"Proef{told['at']}", "birth_date": born}
        data = {"person": person, "phase": "intake", "starts_on": "2026-01-01"}
        return [Fact("debt_case", f"case-{told['at']}", data)]


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the file."""
    return [_File]


def residents_plugin() -> Any:
    """Return the plugin that brings the file and nothing else."""
    return SimpleNamespace(__name__=NAME, __file__="", hub_connectors=hub_connectors)


def let_know(hub: Hub, bsns: Sequence[str]) -> None:
    """Let the hub know residents by their BSN, in the order of the town; it forgets nobody."""
    values = {"name": NAME, "title": "Inwoners", "connector": NAME, "owner": "stad"}
    save_source(hub, {**values, "config": {"bsns": list(bsns)}})
    sync_source(hub, find_source(hub, NAME))
    reconcile(hub)
