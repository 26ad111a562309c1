"""The case system over HTTP: cases page by page, one case, and our subscription.

Zaken API and Notificaties API of VNG (ZGW): a JWT signed with a shared secret, lists of `count`
and `results` by page, `expand` for what belongs to a case (Zaken API 1.5).
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterator, Mapping
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

    def keep_subscribed(self, mark: str | None = None) -> str | None:
        """See to it that the broker sends us what happens to cases. Raises HubError.

        Returns a mark of the token in our subscription, to be given back the next time: a broker
        never shows a token again, so this tells that it was changed in the settings.
        """
        base = self._settings["notifications_url"].rstrip("/")
        if not base:
            return None
        token = self._settings["callback_token"]
        now = hmac.new(self._settings["client_secret"].encode(), token.encode(), "sha256")
        found = self._subscription()
        if found is None:
            self._subscribe("post", f"{base}/abonnement")
        elif mark not in (None, now.hexdigest()[:16]):
            address = str(found.get("url") or "")
            if not address.startswith(f"{base}/abonnement/"):
                raise ConfigError(
                    "Het token voor meldingen is gewijzigd, en de Notificaties API zegt niet waar "
                    "ons abonnement staat. Laat de beheerder het oude abonnement verwijderen.",
                    "subscription without an address of its own",
                )
            self._subscribe("put", address)
        return now.hexdigest()[:16]

    def _subscribe(self, method: str, address: str) -> None:
        wanted = {
            "callbackUrl": self._settings["callback_url"],
            "auth": f"Bearer {self._settings['callback_token']}",
            "kanalen": [{"naam": CHANNEL, "filters": {}}],
        }
        response = self._broker(method, address, {400}, json=wanted)
        if response.status_code == 400:
            raise ConfigError(
                "De Notificaties API weigert ons abonnement. Controleer of zij ons adres voor "
                "meldingen kan bereiken en of het token klopt.",
                "subscription refused (HTTP 400)",
            )

    def subscribed(self) -> bool:
        """Tell whether our subscription stands. Raises HubError."""
        return self._subscription() is not None

    def _subscription(self) -> dict[str, Any] | None:
        base = self._settings["notifications_url"].rstrip("/")
        found = _json(self._broker("get", f"{base}/abonnement"))
        if not isinstance(found, list):
            raise PermanentError(
                "De lijst van abonnementen heeft niet de vorm van de Notificaties API 1. "
                "Controleer het adres en de versie.",
                "list of subscriptions has another shape",
            )
        ours = (one for one in found if isinstance(one, dict) and self._is_ours(one))
        return next(ours, None)

    def _is_ours(self, one: Mapping[str, Any]) -> bool:
        channels = one.get("kanalen")
        return one.get("callbackUrl") == self._settings["callback_url"] and any(
            isinstance(channel, dict) and channel.get("naam") == CHANNEL
            for channel in (channels if isinstance(channels, list) else [])
        )

    def _broker(
        self, method: str, address: str, allowed: Collection[int] = (), **options: Any
    ) -> requests.Response:
        """Call the Notificaties API. Raises HubError, with what to ask for where we may not."""
        response = self._http.request(
            method,
            address,
            headers=self._headers(),
            allow_status={401, 403, *allowed},  # type: ignore[call-arg]
            **options,
        )
        if response.status_code in (401, 403):
            raise ConfigError(
                f"De Notificaties API geeft ons geen toegang (HTTP {response.status_code}). Vraag "
                "de beheerder om de scope notificaties.consumeren voor ons client-id.",
                # No access_denied: cases are still to be read over the same account.
                f"HTTP {response.status_code} from the Notificaties API",
            )
        return response

    def _headers(self) -> dict[str, str]:
        return self.signed() | {"Accept-Crs": "EPSG:4326"}

    def signed(self) -> dict[str, str]:
        """Return the header that says who we are to a service of ZGW."""
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
        return {"Authorization": f"Bearer {token}"}


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
