"""A ring of keys: AES-256-GCM for what is read back, HMAC-SHA256 for what is only looked up.

A sealed value is text `v2.<key id>.<base64 of nonce and ciphertext>`. Bound to it, as associated
data, are version, key id and the column it stands in, so that a value cannot be moved to another
column or passed off as another key's. Values of the first form (`v1`) are bound to their column
alone; they stay readable, and a rotation writes them anew.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.errors import ConfigError

#: Bytes in every key (AES-256, and an HMAC key as long as its hash), and in a nonce (GCM).
KEY_BYTES, NONCE_BYTES = 32, 12

_ID = re.compile(r"[a-z0-9]{1,20}")

State = Literal["new", "current", "old"]


@dataclass(frozen=True)
class Key:
    """One AES-256-GCM key. Moments are UTC; None is unknown, or did not come yet."""

    id: str
    secret: bytes = field(repr=False)
    made_at: datetime | None = None
    replaced_at: datetime | None = None
    retired_at: datetime | None = None

    @classmethod
    def fresh(cls, now: datetime) -> Key:
        """Make a key. Its id is random: after a restore no other key gets the same one."""
        return cls(f"k{secrets.token_hex(4)}", os.urandom(KEY_BYTES), now)

    @cached_property
    def cipher(self) -> AESGCM:
        """Return what encrypts with this key."""
        return AESGCM(self.secret)


@dataclass(frozen=True)
class Ring:
    """The keys of one municipality at one moment.

    `waiting` is the id of a key that is known but not in use yet; `rotating` is true from then
    until every value was sealed anew.
    """

    current: str
    keys: Mapping[str, Key]
    lookup: bytes = field(repr=False)
    session: str = field(repr=False)
    waiting: str = ""
    rotating: bool = False

    def seal(self, text: str, column: str, key_id: str | None = None) -> str:
        """Encrypt `text` for `column`, with the current key or another one of the ring."""
        head = f"v2.{key_id or self.current}"
        nonce = os.urandom(NONCE_BYTES)
        cipher = self.keys[key_id or self.current].cipher
        sealed = cipher.encrypt(nonce, text.encode(), f"{head}.{column}".encode())
        return f"{head}.{base64.b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, column: str) -> str:
        """Decrypt what `seal` made for `column`. Raises KeyError for a key that is not here.

        Raises ValueError for anything else that was not sealed so.
        """
        version, key_id, data = sealed.split(".", 2)
        bound = {"v1": column, "v2": f"v2.{key_id}.{column}"}[version]
        raw = base64.b64decode(data)
        cipher = self.keys[key_id].cipher
        try:
            return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound.encode()).decode()
        except InvalidTag as error:
            raise ValueError("not sealed by this key for this column") from error

    def fingerprint(self, text: str) -> str:
        """Return the keyed hash of `text`: equal texts give equal hashes, nothing more."""
        return hmac.new(self.lookup, text.encode(), hashlib.sha256).hexdigest()

    def state(self, key_id: str) -> State:
        """Tell whether a key is in use, was before, or is known for what comes."""
        if key_id == self.current:
            return "current"
        return "new" if key_id == self.waiting else "old"

    def with_new(self, now: datetime) -> Ring:
        """Return the ring with one more key, that every process can learn before it is used."""
        key = Key.fresh(now)
        keys = {**self.keys, key.id: key}
        return replace(self, keys=keys, waiting=key.id, rotating=True)

    def with_waiting_in_use(self, now: datetime) -> Ring:
        """Return the ring with the key that waited in use."""
        old = replace(self.keys[self.current], replaced_at=now)
        keys = {**self.keys, old.id: old}
        return replace(self, current=self.waiting, keys=keys, waiting="")

    def without(self, key_id: str) -> Ring:
        """Return the ring without a key."""
        kept = {name: key for name, key in self.keys.items() if name != key_id}
        return replace(self, keys=kept)

    def with_keys(self, more: Mapping[str, Key]) -> Ring:
        """Return the ring with keys of before beside its own, to open what they sealed."""
        return replace(self, keys={**more, **self.keys})


def fresh_ring(now: datetime) -> Ring:
    """Return the ring of a new installation."""
    key = Key.fresh(now)
    return Ring(key.id, {key.id: key}, os.urandom(KEY_BYTES), fresh_session())


def fresh_session() -> str:
    """Return a key that signs web sessions."""
    return _text(os.urandom(KEY_BYTES))


def dump_ring(ring: Ring) -> str:
    """Return a ring as JSON, as it stands in a key file."""
    told = {
        "current": ring.current,
        **dump_keys(ring.keys),
        "lookup": _text(ring.lookup),
        "session": ring.session,
        "waiting": ring.waiting,
        "rotating": ring.rotating,
    }
    return json.dumps(told, indent=2)


def read_ring(text: str) -> Ring:
    """Return the ring of a key file, also of one without dates. Raises ConfigError."""
    try:
        told = json.loads(text)
        keys = _keys(told)
        keys[told["current"]]
        return Ring(
            told["current"],
            keys,
            _bytes(told["lookup"]),
            str(told["session"]),
            str(told.get("waiting", "")),
            bool(told.get("rotating")),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            "De sleutels (het bestand instance/keys of de instelling keys) zijn beschadigd. "
            "Zet ze terug van de plek waar u ze apart bewaart.",
            f"the keys are damaged: {type(error).__name__}",
        ) from None


def dump_keys(keys: Mapping[str, Key]) -> dict[str, Any]:
    """Return keys and their dates as JSON can hold them."""
    return {
        "aes": {key.id: _text(key.secret) for key in keys.values()},
        "dates": {key.id: _dates(key) for key in keys.values()},
    }


def read_keys(text: str) -> dict[str, Key]:
    """Return the keys that `dump_keys` wrote. Raises ConfigError."""
    try:
        return _keys(json.loads(text))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            "Het bestand instance/keys.retired is beschadigd. Zet het terug of haal het weg.",
            f"the archive of keys is damaged: {type(error).__name__}",
        ) from None


_MOMENTS = ("made_at", "replaced_at", "retired_at")


def _keys(told: Mapping[str, Any]) -> dict[str, Key]:
    dates = told.get("dates", {})
    return {name: _key(name, text, dates.get(name, {})) for name, text in told["aes"].items()}


def _key(name: str, text: str, dates: Mapping[str, str]) -> Key:
    if not _ID.fullmatch(name):
        raise ValueError("a key id has another form")
    moments = {at: datetime.fromisoformat(dates[at]) for at in _MOMENTS if at in dates}
    return Key(name, _bytes(text), **moments)


def _dates(key: Key) -> dict[str, str]:
    moments = {name: getattr(key, name) for name in _MOMENTS}
    return {name: at.isoformat(timespec="seconds") for name, at in moments.items() if at}


def _text(secret: bytes) -> str:
    return base64.b64encode(secret).decode()


def _bytes(text: str) -> bytes:
    found = base64.b64decode(text, validate=True)
    if len(found) != KEY_BYTES:
        raise ValueError("a key has another length")
    return found
