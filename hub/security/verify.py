"""Checking the logs: any row that was changed, taken away, moved or cut off is found.

Read from the first row to the last, in portions, so that memory stays flat. What only an anchor
can show (a log cut off together with `chain`) is compared with the anchors that were kept.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC
from typing import Any

from sqlalchemy import Connection, select

from hub.core import Hub
from hub.errors import ConfigError
from hub.security.audit import SUBJECT
from hub.security.chain import LOGS, link
from hub.security.keys import Keys
from hub.store import audit_log, chain, processing_log, resident

#: Rows in one portion.
PORTION = 2000


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: in which log, at which number, and what (a Dutch sentence)."""

    log: str
    number: int
    what: str


@dataclass(frozen=True)
class Anchor:
    """Where a log ended at a moment, with a seal that only this municipality can make."""

    municipality: str
    log: str
    number: int
    hash: str
    at: str
    seal: str = ""

    def sealed(self, keys: Keys) -> Anchor:
        """Return the anchor with its seal."""
        told = asdict(self) | {"seal": ""}
        text = json.dumps(told, sort_keys=True).encode()
        return Anchor(**told | {"seal": hmac.new(keys.chain, text, "sha256").hexdigest()})

    def line(self) -> str:
        """Return the anchor as one line of JSON."""
        return json.dumps(asdict(self), sort_keys=True)


def anchors(connection: Connection, hub: Hub) -> list[Anchor]:
    """Return where each log ends now."""
    now = hub.clock.now().astimezone(UTC).isoformat()
    query = select(chain).where(chain.c.municipality == hub.municipality).order_by(chain.c.log)
    return [
        Anchor(row.municipality, row.log, row.number, row.hash, now).sealed(hub.keys)
        for row in connection.execute(query)
    ]


def read_anchors(hub: Hub, lines: Iterable[str]) -> list[Anchor]:
    """Return the anchors of this municipality from the lines of an anchor file.

    Raises ConfigError for a line that is no anchor, or whose seal is not ours.
    """
    found = []
    for count, line in enumerate((one for one in lines if one.strip()), 1):
        try:
            # A syslog puts its own words before the anchor.
            one = Anchor(**json.loads(line[line.index("{") :]))
        except (ValueError, TypeError) as error:
            raise ConfigError(f"Regel {count} van het ankerbestand is geen anker.") from error
        if one.municipality != hub.municipality:
            continue
        if not hmac.compare_digest(one.sealed(hub.keys).seal, one.seal):
            raise ConfigError(f"Regel {count} van het ankerbestand is veranderd of vervalst.")
        found.append(one)
    return found


def verify(connection: Connection, hub: Hub, kept: Iterable[Anchor] = ()) -> Iterator[Fault]:
    """Yield everything that is wrong with the logs of this municipality."""
    told: dict[str, dict[int, Anchor]] = {}
    for one in kept:
        told.setdefault(one.log, {})[one.number] = one
    for log in LOGS:
        yield from _verify_log(connection, hub, log, told.get(log, {}))
    yield from _unlinked(connection, hub)


def _verify_log(
    connection: Connection, hub: Hub, log: str, kept: dict[int, Anchor]
) -> Iterator[Fault]:
    number, before = 0, ""
    for row in _rows(connection, hub, log):
        number += 1
        if row.number != number:
            yield Fault(log, number, _gap(number, row.number))
            number = row.number
        elif not hmac.compare_digest(link(hub.keys, log, row._mapping, before), row.hash):
            yield Fault(log, number, "Deze regel is veranderd of hoort hier niet.")
        if number in kept and kept[number].hash != row.hash:
            yield Fault(log, number, "Deze regel is een andere dan het anker bewaarde.")
        if log == "processing" and not _fits(hub, row):
            yield Fault(log, number, "De versleutelde inwoner is een andere dan de regel zegt.")
        before = row.hash
    end = connection.execute(
        select(chain.c.number, chain.c.hash).where(
            chain.c.municipality == hub.municipality, chain.c.log == log
        )
    ).one_or_none()
    if (number, before) != (tuple(end) if end else (0, "")):
        yield Fault(log, number + 1, "Het einde van het logboek is afgeknipt of veranderd.")
    for last in sorted(one for one in kept if one > number):
        yield Fault(log, last, "Het anker kent deze regel, maar het logboek niet meer: afgeknipt.")


def _gap(expected: int, found: int) -> str:
    missing = "één regel" if found - expected == 1 else f"{found - expected} regels"
    return f"Hier {'ontbreekt' if found - expected == 1 else 'ontbreken'} {missing}."


def _rows(connection: Connection, hub: Hub, log: str) -> Iterator[Any]:
    """Yield the rows of a log by number, a portion at a time."""
    table, last = LOGS[log], -1
    query = select(table).where(table.c.municipality == hub.municipality)
    if log == "processing":
        query = query.add_columns(resident.c.bsn).outerjoin(
            resident,
            (resident.c.id == processing_log.c.resident_id)
            & (resident.c.municipality == hub.municipality),
        )
    while True:
        portion = connection.execute(
            query.where(table.c.number > last).order_by(table.c.number).limit(PORTION)
        ).all()
        yield from portion
        if len(portion) < PORTION:
            return
        last = portion[-1].number


def _fits(hub: Hub, row: Any) -> bool:
    """Tell whether the sealed subject is who the row says; an emptied one says nothing."""
    if row.subject is None:
        return True
    try:
        told = hub.keys.open(row.subject, SUBJECT)
        if row.subject_type != "BSN":
            return told == str(row.resident_id)
        return row.bsn is None or told == hub.keys.open(row.bsn, "resident.bsn")
    except ConfigError:
        return False


def _unlinked(connection: Connection, hub: Hub) -> Iterator[Fault]:
    """Yield the rows of the processing log that no operation in the audit log explains."""
    known = (
        select(audit_log.c.id)
        .where(
            audit_log.c.municipality == hub.municipality,
            audit_log.c.span_id.in_((processing_log.c.span_id, processing_log.c.parent_span_id)),
        )
        .exists()
    )
    query = select(processing_log.c.number).where(
        processing_log.c.municipality == hub.municipality, ~known
    )
    for number in connection.execute(query.order_by(processing_log.c.number)).scalars():
        yield Fault("processing", number, "Bij deze regel staat niet wie het deed.")
