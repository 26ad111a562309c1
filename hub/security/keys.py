"""The keys of one municipality, as they are now: a process follows a rotation while it runs."""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections.abc import Mapping
from pathlib import Path

from hub.errors import ConfigError
from hub.security.keyfile import Place
from hub.security.ring import Ring

log = logging.getLogger(__name__)

#: Seconds after which a process looks again whether the keys changed.
LOOK_AGAIN = 0.5


class Keys:
    """Seals and opens values, and makes fingerprints.

    The keys are looked at again after `LOOK_AGAIN` seconds, and at once when a value names a key
    that is unknown here. Keys that cannot be read any more are told in the log; the process then
    works on with those it has.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self._stamp = place.stamp()
        self._ring = place.read()
        self._look_at = time.monotonic() + LOOK_AGAIN

    @property
    def ring(self) -> Ring:
        """Return the keys as they are now."""
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_AGAIN
            if self.place.stamp() != self._stamp:
                self.reload()
        return self._ring

    def reload(self) -> Ring:
        """Read the keys again, and return them."""
        stamp = self.place.stamp()
        try:
            self._ring = self.place.read()
        except ConfigError as error:
            log.error("the keys cannot be read, those of before stay in use: %s", error.log)
        self._stamp = stamp
        return self._ring

    def seal(self, text: str, column: str) -> str:
        """Encrypt `text` for `column`."""
        return self.ring.seal(text, column)

    def open(self, sealed: str, column: str) -> str:
        """Decrypt what `seal` made for `column`. Raises ConfigError when no key fits."""
        try:
            try:
                return self.ring.open(sealed, column)
            except KeyError:
                return self.reload().open(sealed, column)
        except (KeyError, ValueError) as error:
            raise ConfigError(
                "Versleutelde gegevens zijn niet te openen: de sleutel ontbreekt of klopt niet. "
                "Zet de sleutels van deze installatie terug in instance/keys.",
                f"cannot open a sealed value of {column}",
            ) from error

    @property
    def chain(self) -> bytes:
        """Return the key of the logs' chain: made from the lookup key, and never the same."""
        return hmac.new(self.ring.lookup, b"chain of the logs", hashlib.sha256).digest()

    @property
    def session(self) -> str:
        """Return the key that signs the web session."""
        return self.ring.session

    def fingerprint(self, text: str) -> str:
        """Return the keyed hash of `text`: equal texts give equal hashes, nothing more."""
        return self.ring.fingerprint(text)


def load_keys(instance: Path, reference: Mapping[str, str] | None = None) -> Keys:
    """Return the keys that `reference` ({"$file"} or {"$env"}) leads to, else instance/keys.

    That file is made (readable by the owner only) at the first start. Raises ConfigError.
    """
    place = Place(instance, reference)
    if place.own and not place.file.exists():
        place.make()
    return Keys(place)
