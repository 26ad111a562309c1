"""From raw record to checked facts: the connector parses, the canonical schemas judge."""

from __future__ import annotations

import hashlib
import json
import logging
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.connector import Connector, Fact
from hub.errors import ContractError, HubError, RecordError
from hub.sync.contract import checked_facts
from schemas import KINDS, ValidationError, problems

log = logging.getLogger("hub.sync")


@dataclass(frozen=True, slots=True)
class Checked:
    """A fact that satisfies its schema; `person` stands apart, and is None for some kinds."""

    kind: str
    key: str
    values: dict[str, Any]
    person: dict[str, Any] | None

    def digest(self, subject_id: int | None) -> bytes:
        """Return the digest by which a fact is known to be the same as before."""
        content = json.dumps([subject_id, self.values], sort_keys=True, default=str)
        return hashlib.blake2b(content.encode(), digest_size=16).digest()


def raw_digest(raw: bytes, version: int) -> bytes:
    """Return the digest of a raw record under version `version` of its mapping."""
    return hashlib.blake2b(raw, digest_size=16, salt=version.to_bytes(8, "big")).digest()


def parse_record(connector: Connector, stream: str, raw: bytes) -> list[Checked]:
    """Return the checked facts of one raw record. Raises RecordError with all problems."""
    return check_facts(connector.name, checked_facts(connector.name, connector.parse(stream, raw)))


def parse_delivered(connector: Connector, stream: str, raw: bytes) -> list[Checked]:
    """Return the checked facts of a record as it was delivered.

    Raises RecordError with all problems, also where the mapping itself stumbles over the record;
    ContractError when the connector breaks the contract.
    """
    try:
        return parse_record(connector, stream, raw)
    except (RecordError, ContractError):
        raise
    except (HubError, RecursionError) as error:
        raise RecordError("is onleesbaar; vraag de bron dit record opnieuw te leveren") from error
    except Exception as error:
        # A slip in a mapping costs one record, never the stream. Its text may hold a person's
        # data, so only its name goes on.
        log.error("%s stumbles over a record of %s: %s", connector.name, stream, where(error))
        raise RecordError(
            f"de koppeling maakte een fout bij dit record ({type(error).__name__}); meld dit aan "
            "de maker van de koppeling en verwerk het daarna opnieuw"
        ) from None


def where(error: Exception) -> str:
    """Return the kind of an error and the line of the plugin that raised it."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"


def check_facts(connector: str, facts: list[Fact]) -> list[Checked]:
    """Check facts against their schemas. Raises RecordError with all problems of all facts."""
    found: list[str] = []
    checked: dict[tuple[str, str], Checked] = {}
    for fact in facts:
        if fact.kind not in KINDS:
            raise ContractError(
                f"De koppeling {connector} levert een onbekende soort gegevens: {fact.kind}.",
                f"{connector} yields fact of unknown kind {fact.kind!r}",
            )
        if (fact.kind, fact.key) in checked:
            found.append(f"{fact.kind} komt twee keer voor met dezelfde sleutel")
        try:
            values = KINDS[fact.kind].load(fact.data)
        except ValidationError as error:
            found.extend(problems(error, fact.kind))
            continue
        checked[fact.kind, fact.key] = _checked(fact, values)
    if found:
        raise RecordError(found)
    return list(checked.values())


def _checked(fact: Fact, values: dict[str, Any]) -> Checked:
    if fact.kind == "payment":
        # A payment is an event that lowers the balance.
        values = {
            "claim": values["claim"],
            "kind": "betaling",
            "on": values["on"],
            "amount": -values["amount"],
            "description": values["method"],
        }
    if fact.kind == "person":
        # Nothing is told but the person.
        return Checked(fact.kind, fact.key, {}, values)
    who = values.pop("person", None)
    return Checked(fact.kind, fact.key, values, who)
