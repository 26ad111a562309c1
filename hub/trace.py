"""HUB_TRACE_PLUGINS=1: which hooks and connectors ran, how long, over how many rows.

For the author of a plugin. No line ever holds content: no record, no setting, no key.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Iterator
from typing import Any

import pluggy

from hub.connector import Batch, CheckStep, Command, Connector, Cursor, Fact, Receipt

log = logging.getLogger("hub.trace")


def tracing() -> bool:
    """Tell whether plugins are traced."""
    return os.environ.get("HUB_TRACE_PLUGINS", "") not in ("", "0")


def trace_hooks(manager: pluggy.PluginManager) -> None:
    """Log every hook call of this manager: how many plugins answered, and how long it took."""
    log.setLevel(logging.INFO)
    began: list[float] = []

    def before(name: str, methods: Any, kwargs: Any) -> None:
        began.append(time.perf_counter())

    def after(outcome: Any, name: str, methods: Any, kwargs: Any) -> None:
        took = (time.perf_counter() - began.pop()) * 1000
        plugins = ", ".join(method.plugin_name for method in methods)
        log.info("hook %s: %d plugins in %.1f ms (%s)", name, len(methods), took, plugins)

    manager.add_hookcall_monitoring(before, after)


def traced(kind: type[Connector]) -> type[Connector]:
    """Return a connector that is the same and logs what it does, batch by batch."""
    log.setLevel(logging.INFO)

    class Traced(kind):  # type: ignore[misc,valid-type]
        parsed, facts, seconds = 0, 0, 0.0

        def check(self) -> Iterator[CheckStep]:
            with _Span(self, "check"):
                yield from super().check()

        def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
            rows, began = 0, time.perf_counter()
            for number, batch in enumerate(super().read(stream, cursor)):
                took = (time.perf_counter() - began) * 1000
                count = len(batch.records)
                place = f"{self.name} read {stream}"
                log.info("%s batch %d: %d rows in %.1f ms", place, number, count, took)
                rows += count
                yield batch
                began = time.perf_counter()
            done = (self.parsed, self.facts, self.seconds * 1000)
            log.info("%s read %s: %d rows in all", self.name, stream, rows)
            log.info("%s parsed %d records into %d facts in %.1f ms", self.name, *done)

        def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
            began = time.perf_counter()
            found = list(super().parse(stream, raw))
            self.parsed += 1
            self.facts += len(found)
            self.seconds += time.perf_counter() - began
            return found

        def send(self, command: Command, key: str) -> Receipt:
            with _Span(self, f"send {command.kind}"):
                receipt: Receipt = super().send(command, key)
                return receipt

        def inquire(self, key: str) -> Receipt | None:
            with _Span(self, "inquire"):
                found: Receipt | None = super().inquire(key)
                return found

    return Traced


class _Span:
    """Times one call and logs its end, also when it fails."""

    def __init__(self, connector: Connector, what: str) -> None:
        self._what = f"{connector.name} {what}"

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        took = (time.perf_counter() - self._began) * 1000
        log.info("%s: %s in %.1f ms", self._what, kind.__name__ if kind else "done", took)
