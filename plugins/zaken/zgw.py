"""The case system over HTTP: cases page by page, one case, and our subscription.

Zaken API and Notificaties API of VNG (ZGW): a JWT signed with a shared secret, lists of `count`
and `results` by page, `expand` for what belongs to a case (Zaken API 1.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import requests
from joserfc import jwt
from joserfc.jwk import OctKey

from hub.clock import Clock
from hub.connector import ConfigError, PermanentError, read_json

#: What the case system adds to each case, so that one call tells all.
EXPAND = "zaaktype,status.statustype,rollen"

CHANNEL = "zaken"


class CaseSystem:
    """Speaks with the Zaken API and the Notificaties API."""

    def __init__(self, settings: Mapping[str, Any], http: requests.Session, clock: Clock) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._base = settings["url"].rstrip("/")
        self.kinds: list[str] = settings["case_types"].replace(",", " ").split()

    def page(self, kind: str, number: int) -> tuple[int, list[Any]]:
        """Return how many cases of a type there are, and those of one page. Raises HubError."""
        query = {"zaaktype": kind, "page": str(number), "expand": EXPAND}
        response = self._http.get(f"{self._base}/zaken", params=query, headers=self._headers())
        value = _json(response)
        found = value.get("results") if isinstance(value, dict) else None
        if not isinstance(found, list) or not isinstance(value.get("count"), int):
            raise PermanentError(
                "De lijst van het zaaksysteem heeft niet de afgesproken vorm. Er is niets "
                "gewijzigd.",
                "list of cases has another shape",
            )
        return value["count"], found

    def owns(self, address: str) -> bool:
        """Tell whether an address is that of a case in this system, and nothing beyond it."""
        rest = address.removeprefix(f"{self._base}/zaken/")
        return rest != address and bool(rest) and not set(rest) & set("/?#%\\.")

    def case(self, address: str) -> Any:
        """Return one case, None when it is not there. Raises HubError."""
        response = self._http.get(
            address,
            params={"expand": EXPAND},
            headers=self._headers(),
            allow_status={404, 410},  # type: ignore[call-arg]
        )
        return _json(response) if response.status_code < 400 else None

    def is_ours(self, number: str) -> bool:
        """Tell whether a case is there, and of a type that we may read. Raises HubError."""
        found = self.case(f"{self._base}/zaken/{number}")
        return isinstance(found, dict) and found.get("zaaktype") in self.kinds

    def keep_subscribed(self) -> None:
        """See to it that the broker sends us what happens to cases. Raises HubError."""
        base = self._settings["notifications_url"].rstrip("/")
        if not base or self.subscribed():
            return
        wanted = {
            "callbackUrl": self._settings["callback_url"],
            "auth": f"Bearer {self._settings['callback_token']}",
            "kanalen": [{"naam": CHANNEL, "filters": {}}],
        }
        response = self._http.post(
            f"{base}/abonnement",
            json=wanted,
            headers=self._headers(),
            allow_status={400},  # type: ignore[call-arg]
        )
        if response.status_code == 400:
            raise ConfigError(
                "De Notificaties API weigert ons abonnement. Controleer of zij ons adres voor "
                "meldingen kan bereiken en of het token klopt.",
                "subscription refused (HTTP 400)",
            )

    def subscribed(self) -> bool:
        """Tell whether our subscription stands. Raises HubError."""
        base = self._settings["notifications_url"].rstrip("/")
        found = _json(self._http.get(f"{base}/abonnement", headers=self._headers()))
        return isinstance(found, list) and any(
            isinstance(one, dict)
            and one.get("callbackUrl") == self._settings["callback_url"]
            and any(kanaal.get("naam") == CHANNEL for kanaal in one.get("kanalen", []))
            for one in found
        )

    def _headers(self) -> dict[str, str]:
        name = self._settings["client_id"]
        claims = {
            "iss": name,
            "iat": int(self._clock.now().timestamp()),
            "client_id": name,
            "user_id": "",
            "user_representation": "",
        }
        key = OctKey.import_key(self._settings["client_secret"])
        token = jwt.encode({"typ": "JWT", "alg": "HS256"}, claims, key)
        return {"Authorization": f"Bearer {token}", "Accept-Crs": "EPSG:4326"}


def pages(system: CaseSystem, kind: str) -> Iterator[tuple[list[Any], bool]]:
    """Yield the cases of a type page by page, and whether they are as many as counted by then."""
    number, seen = 1, 0
    while True:
        count, found = system.page(kind, number)
        seen += len(found)
        if seen >= count or not found:
            yield found, seen == count
            return
        yield found, False
        number += 1


def _json(response: requests.Response) -> Any:
    # A half character is a matter of its case alone.
    return read_json(response.content, "Het antwoord van het zaaksysteem", half_characters=True)
