"""CloudEvents about what happens in the hub, for systems that want to know.

Shape: the NL GOV profile for CloudEvents 1.1, structured mode. The names of the types are our own
proposal behind the municipality's prefix. An event carries opaque numbers and nothing else: who
wants to know more comes to the hub and is asked for a ground (base-registers.md 5.3 says that
nothing sensitive belongs in the attributes; we keep it out of the data as well).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hub.connector import Command, PermanentError

#: Kind of event in the hub to the name of its type: plural domain, then what happened.
TYPES = {
    "hold_set": "incassopauzes.incassopauze-ingesteld",
    "hold_lifted": "incassopauzes.incassopauze-beeindigd",
    "finding_opened": "bevindingen.bevinding-geopend",
    "finding_closed": "bevindingen.bevinding-gesloten",
    "case_started": "trajecten.traject-gestart",
    "case_ended": "trajecten.traject-beeindigd",
    "claim_linked": "vorderingen.vordering-gekoppeld",
}

#: What an event may name, each by an opaque number.
ABOUT = ("resident", "claim", "hold", "finding", "case", "command")

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OPAQUE = re.compile(r"[A-Za-z0-9_-]{1,64}")


def cloud_event(command: Command, key: str, source: str, prefix: str) -> dict[str, Any]:
    """Return the event of a command; `key` is its id. Raises PermanentError with every fault."""
    kind = str(command.data.get("kind", ""))
    about = {name: one for name, one in command.data.items() if name != "kind"}
    faults = [] if kind in TYPES else [f"de soort '{kind[:40]}' is niet bekend"]
    faults += [f"{name} hoort er niet in" for name in about if name not in ABOUT]
    faults += [
        f"{name} is geen ondoorzichtig nummer"
        for name, value in about.items()
        if name in ABOUT and not _opaque(value)
    ]
    if not about:
        faults.append("er staat niet in waarover het gaat")
    if faults:
        raise PermanentError(
            f"Deze gebeurtenis kan niet worden verstuurd: {'; '.join(faults)}. Een gebeurtenis "
            "draagt alleen ondoorzichtige nummers, nooit gegevens van een inwoner.",
            f"event refused: {len(faults)} fault(s)",
        )
    event = {
        "specversion": "1.0",
        "id": key,
        "source": source,
        "type": f"{prefix}.{TYPES[kind]}.v1",
        "time": command.created_at.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": about,
    }
    return event | ({"subject": about["resident"]} if "resident" in about else {})


def _opaque(value: Any) -> bool:
    """Tell whether a value can be no BSN, name or address: a UUID, or short and not a number."""
    if not isinstance(value, str):
        return False
    if _UUID.fullmatch(value):
        return True
    return bool(_OPAQUE.fullmatch(value)) and not re.search(r"\d{8}", value)


def told_back(answer: Mapping[str, Any] | None, status: int) -> str:
    """Return what a receiver's problem+json says, short; it got nothing personal from us."""
    told = answer or {}
    text = told.get("detail") or told.get("title") or f"HTTP {status}"
    return re.sub(r"\d{8,}", "…", str(text))[:200]
