"""The chain that holds the logs together: each row's hash covers the row and the one before.

The hash is an HMAC with a key of this municipality, so somebody who can write in the database
but lacks the key cannot make a chain that fits. Somebody who cuts off the end and puts `chain`
back can only be seen from an anchor that was kept elsewhere.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hub.security.keys import Keys
from hub.store import audit_log, processing_log

LOGS = {"processing": processing_log, "audit": audit_log}

#: What the hash leaves out: itself, the row's technical id, and the sealed subject, which gets a
#: new key at a rotation. `hub audit verify` compares the subject with the resident instead.
_OUTSIDE = ("id", "hash", "subject")


def link(keys: Keys, log: str, row: Mapping[str, Any], before: str) -> str:
    """Return the hash of a row of `log` that follows the row with the hash `before`."""
    told = {name: _plain(row.get(name)) for name in _COLUMNS[log]}
    text = json.dumps([log, before, told], ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    return hmac.new(keys.chain, text.encode(), "sha256").hexdigest()


_COLUMNS = {
    log: [one.name for one in table.columns if one.name not in _OUTSIDE]
    for log, table in LOGS.items()
}


def _plain(value: Any) -> Any:
    # PostgreSQL and SQLite give a moment back as UTC, with or without its microseconds.
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
