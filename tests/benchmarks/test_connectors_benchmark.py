"""The benchmark of connectors runs and leaves none out; its figures decide nothing."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from hub.connector import Batch, Connector, Context, Cursor, Record, Stream
from hub.plugins import load_plugins

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "connectors.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_of_connectors", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made


def test_every_connector_that_reads_is_measured(script: ModuleType) -> None:
    reads = {
        one.name
        for one in load_plugins().connectors.values()
        if any(stream.mode != "received" for stream in one.streams)
    }
    measured = {connector.name for connector, _ in script.pairs()}
    assert reads
    assert measured == reads


@pytest.mark.parametrize("name", ["vish", "payments", "brp", "mapped_claims"])
def test_a_row_is_printed(script: ModuleType, name: str) -> None:
    found = {connector.name: (connector, side) for connector, side in script.pairs()}
    cost = script.measure(*found[name], 5)
    assert cost.records >= 1
    assert cost.line(name).split()[:2] == [name, str(cost.records)]


def test_what_is_read_is_parsed_beside_it(script: ModuleType) -> None:
    class Queue(Connector):
        streams = (Stream("messages", "Berichten", "queue"),)

        def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
            yield Batch([Record("een", b"<a/>")])
            yield Batch([Record("twee", b"<b/>")])

    meter, plain = script.Meter(), Queue.read
    with meter.beside(Queue):
        batches = list(Queue({}, Context()).read("messages", None))
    assert [one.records[0].key for one in batches] == ["een", "twee"]
    assert meter.read > 0
    assert meter.parsed > 0
    assert Queue.read is plain
