"""Keys: AES-256-GCM for what must be read back, HMAC-SHA256 for what is only looked up.

A sealed value is text `v1.<key id>.<base64 of nonce and ciphertext>`; the column it stands in is
bound to it as associated data, so a value cannot be moved to another column unnoticed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.errors import ConfigError


@dataclass(frozen=True)
class Keys:
    """The keys of one municipality: AES keys by id, the id in use, and the lookup key."""

    current: str
    ciphers: Mapping[str, AESGCM]
    lookup: bytes

    def seal(self, text: str, column: str) -> str:
        """Encrypt `text` for `column`."""
        nonce = os.urandom(12)
        sealed = self.ciphers[self.current].encrypt(nonce, text.encode(), column.encode())
        return f"v1.{self.current}.{base64.b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, column: str) -> str:
        """Decrypt what `seal` made for `column`. Raises ConfigError when no key fits."""
        try:
            _, key_id, data = sealed.split(".", 2)
            raw = base64.b64decode(data)
            return self.ciphers[key_id].decrypt(raw[:12], raw[12:], column.encode()).decode()
        except (KeyError, ValueError, InvalidTag) as error:
            raise ConfigError(
                "Versleutelde gegevens zijn niet te openen: de sleutel ontbreekt of klopt niet. "
                "Zet de sleutels van deze installatie terug in instance/keys.",
                f"cannot open a sealed value of {column}",
            ) from error

    @property
    def chain(self) -> bytes:
        """Return the key of the logs' chain: made from the lookup key, and never the same."""
        return hmac.new(self.lookup, b"chain of the logs", hashlib.sha256).digest()

    def fingerprint(self, text: str) -> str:
        """Return the keyed hash of `text`: equal texts give equal hashes, nothing more."""
        return hmac.new(self.lookup, text.encode(), hashlib.sha256).hexdigest()


def load_keys(instance: Path) -> Keys:
    """Read instance/keys, making it (readable by the owner only) at the first start."""
    path = instance / "keys"
    if not path.exists():
        _make(path)
    try:
        stored = json.loads(path.read_text())
        ciphers = {k: AESGCM(base64.b64decode(v)) for k, v in stored["aes"].items()}
        return Keys(stored["current"], ciphers, base64.b64decode(stored["lookup"]))
    except (KeyError, ValueError) as error:
        raise ConfigError("Het sleutelbestand instance/keys is beschadigd.") from error


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)

    def fresh() -> str:
        return base64.b64encode(os.urandom(32)).decode()

    content = {"current": "k1", "aes": {"k1": fresh()}, "lookup": fresh(), "session": fresh()}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file)


def session_key(instance: Path) -> str:
    """Return the key that signs the web session."""
    load_keys(instance)
    return str(json.loads((instance / "keys").read_text())["session"])
