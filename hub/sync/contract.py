"""The connector contract, kept by looking: what a plugin yields is checked before it is used.

A plugin can be wrong in every way that Python allows. A fault in the plugin itself ends the run
with a ContractError that says what to mend; a key that a source made unusable costs that one
record, which is then rejected under a key of the hub's own.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from hub import logs
from hub.connector import Batch, Connector, Cursor, Fact, Record
from hub.errors import ContractError, PermanentError, RecordError

#: The most records in one batch: a batch is one transaction, and stands in memory as a whole.
MOST_RECORDS = 100_000

#: The most characters in the key of a record and of a fact: what their columns hold.
RECORD_KEY, FACT_KEY = 120, 160

#: Characters that no database can hold: half ones, and the one with number zero.
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Unkeyed(Record):
    """A record whose own key cannot be used; `problem` says why (Dutch)."""

    problem: str = ""


def checked_batches(connector: Connector, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
    """Yield what `connector.read` yields, checked.

    After a record with an unusable key no batch is complete: that record may be any known one, so
    none may be called gone. Raises ContractError, and whatever the connector raises.
    """
    found, complete, nameless = connector.read(stream, cursor), False, False
    if not hasattr(found, "__iter__"):
        raise _breach(connector, "read geeft geen reeks groepen", "read yields no batches")
    for batch in found:
        if complete:
            raise _breach(
                connector, "er komt nog een groep na een volledige", "batch after a complete one"
            )
        checked = checked_batch(connector, batch)
        if checked is not batch:
            nameless = nameless or any(isinstance(one, Unkeyed) for one in checked.records)
        complete = checked.complete
        yield replace(checked, complete=False) if nameless else checked


def checked_batch(connector: Connector, batch: Any) -> Batch:
    """Return the batch, an unusable key in it replaced. Raises ContractError in words."""
    if not isinstance(batch, Batch):
        raise _breach(connector, f"read geeft {_kind(batch)} in plaats van Batch", "no Batch")
    if not isinstance(batch.records, list):
        raise _breach(connector, f"records is {_kind(batch.records)}, geen list", "no list")
    if len(batch.records) > MOST_RECORDS:
        raise _breach(
            connector,
            f"een groep telt {len(batch.records)} records en ten hoogste {MOST_RECORDS} is goed",
            "batch is too large",
        )
    if not isinstance(batch.complete, bool) or not isinstance(batch.caught_up, bool):
        raise _breach(connector, "complete en caught_up zijn niet True of False", "no bool")
    if batch.confirm is not None and not callable(batch.confirm):
        raise _breach(connector, "confirm is geen functie", "confirm is not callable")
    _check_cursor(connector, batch.cursor)
    if all(map(_is_plain, batch.records)):
        return batch
    return replace(batch, records=[_checked_record(connector, one) for one in batch.records])


def delivered_at(cursor: Cursor | None) -> datetime | None:
    """Return as of when a source spoke (UTC), when its cursor tells. Raises PermanentError."""
    told = (cursor or {}).get("delivered_at")
    if not told:
        return None
    try:
        moment = datetime.fromisoformat(told)
        if moment.tzinfo is None:
            raise ValueError("no time zone")
        return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise PermanentError(
            "De bron gaf een onleesbaar tijdstip van levering. Vraag de bron om een nieuwe "
            "levering.",
            "delivered_at is not ISO 8601 with a zone",
        ) from error


def checked_facts(connector: str, facts: Any) -> list[Fact]:
    """Return facts whose shape is that of the contract. Raises ContractError and RecordError."""
    found = list(facts) if hasattr(facts, "__iter__") else [facts]
    for one in found:
        if not isinstance(one, Fact) or not isinstance(one.kind, str):
            raise _breach_of(connector, f"parse geeft {_kind(one)} in plaats van Fact", "no Fact")
        if not isinstance(one.key, str):
            raise _breach_of(connector, "de sleutel van een Fact is geen tekst", "fact key no str")
    problems = [f"{one.kind}: {fault}" for one in found if (fault := key_fault(one.key, FACT_KEY))]
    if problems:
        raise RecordError(problems)
    return found


def key_fault(key: str, most: int) -> str:
    """Return what makes a key unusable (Dutch), or nothing."""
    if not key:
        return "de sleutel is leeg"
    if len(key) > most:
        return f"de sleutel is {len(key)} tekens lang; hoogstens {most} is mogelijk"
    if _NO_TEXT.search(key):
        return "de sleutel bevat tekens die geen tekst zijn"
    return ""


def storable(text: Any, most: int = 4000) -> str:
    """Return a text of a plugin as every database and page can hold it, without secrets."""
    # Masked before it is cut, or half a secret would stay.
    return _NO_TEXT.sub("?", logs.without_secrets(str(text))[:most])


def _is_plain(one: Any) -> bool:
    # Nearly every record of nearly every batch: told apart at a glance, in one expression.
    return (
        type(one) is Record
        and type(one.key) is str
        and type(one.raw) is bytes
        and 0 < len(one.key) <= RECORD_KEY
        and one.key.isascii()
        and "\0" not in one.key
    )


def _checked_record(connector: Connector, one: Any) -> Record:
    if not isinstance(one, Record):
        raise _breach(connector, f"een groep bevat {_kind(one)} in plaats van Record", "no Record")
    if not isinstance(one.key, str):
        raise _breach(connector, f"een sleutel is {_kind(one.key)}, geen tekst", "key is no str")
    if not isinstance(one.raw, bytes):
        raise _breach(connector, f"raw is {_kind(one.raw)}, geen bytes", "raw is no bytes")
    fault = key_fault(one.key, RECORD_KEY)
    if not fault:
        return one
    # The key counts too: two unusable keys may have the same bytes.
    content = one.key.encode("utf-8", "surrogatepass") + b"\0" + one.raw
    key = f"onbruikbaar-{hashlib.blake2b(content, digest_size=16).hexdigest()}"
    return Unkeyed(key, one.raw, problem=fault)


def _check_cursor(connector: Connector, cursor: Any) -> None:
    if cursor is None:
        return
    if not isinstance(cursor, dict):
        raise _breach(connector, f"cursor is {_kind(cursor)}, geen dict", "cursor is no dict")
    try:
        json.dumps(cursor, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise _breach(connector, "cursor past niet in JSON", "cursor is not JSON") from error
    delivered_at(cursor)  # once kept, an unreadable one would stop every later run


def _kind(value: Any) -> str:
    return type(value).__name__[:40]


def _breach(connector: Connector, what: str, log: str) -> ContractError:
    return _breach_of(connector.name, what, log)


def _breach_of(name: str, what: str, log: str) -> ContractError:
    return ContractError(
        f"De koppeling {name} houdt zich niet aan het contract: {what}. Wat al was verwerkt, "
        "blijft staan. Meld dit aan de maker van de koppeling.",
        f"{name} breaks the contract: {log}",
    )
