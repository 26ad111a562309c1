"""NotifyNL over HTTP: a signed token, one message a call, and statuses by page.

Confirmed in NotifyNL's documentation: JWT HS256 with the service's number and the moment, good
for 30 seconds; 201 when taken; errors as a list; 429 above 3,000 messages a minute (RateLimitError)
or above the day's limit (TooManyRequestsError), which ends at midnight UTC. A reference is no
idempotency key there: two calls with one reference are two messages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import requests
from joserfc import jwt
from joserfc.jwk import OctKey

from hub.clock import Clock
from hub.connector import (
    ConfigError,
    PermanentError,
    TransientError,
    read_json,
)

#: Name, number of the service and secret, with a dash between them.
_KEY = re.compile(r".+-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-([0-9a-f-]{36})")

#: Seconds to wait above the limit of a minute.
SPARE = 60.0


#: Refusals that are about the key or the service and not about this message, in plain Dutch. The
#: documentation gives them no code of their own, so they are known by a piece of their text.
_MEANINGS = (
    (
        "trial mode",
        "de dienst staat daar nog in de proefmodus en mag geen inwoners schrijven. Vraag in "
        "NotifyNL om de dienst live te zetten.",
    ),
    (
        "team",
        "dit is een teamsleutel; daarmee gaat niets naar inwoners. Maak in NotifyNL een "
        "live-sleutel.",
    ),
    ("Template not found", "het sjabloon bestaat daar niet meer. Test de verbinding."),
    ("has been deleted", "het sjabloon is daar gearchiveerd. Test de verbinding."),
)


def meaning_of(told: str) -> str:
    """Return what a refusal means to a caseworker, empty for one that is about the message."""
    key = "team api key" in told.lower() or "team-only" in told.lower()
    for piece, meaning in _MEANINGS:
        if key if piece == "team" else piece in told:
            return meaning
    return ""


class Rejected(PermanentError):
    """NotifyNL refuses what was asked. `told` is its own text, which may repeat the message."""

    def __init__(self, told: str) -> None:
        super().__init__("NotifyNL weigert het verzoek.", "refused by NotifyNL")
        self.told = told


class Notify:
    """Speaks with NotifyNL."""

    def __init__(self, settings: Mapping[str, Any], http: requests.Session, clock: Clock) -> None:
        self._base = settings["url"].rstrip("/")
        self._http = http
        self._clock = clock
        self._key = settings["api_key"]

    @property
    def ready(self) -> bool:
        """Tell whether there is a key."""
        return bool(self._key)

    def send(self, kind: str, told: Mapping[str, Any]) -> dict[str, Any]:
        """Send one message and return what NotifyNL made of it. Raises HubError."""
        return _group(self._call("post", f"v2/notifications/{kind}", json=told))

    def find(self, reference: str) -> dict[str, Any] | None:
        """Return the message with our reference, None when there is none. Raises HubError."""
        found = self.page({"reference": reference})
        return found[0] if found else None

    def page(self, query: Mapping[str, str]) -> list[Any]:
        """Return a page of messages, the newest first. Raises HubError."""
        found = _group(self._call("get", "v2/notifications", params=query)).get("notifications")
        if not isinstance(found, list):
            raise _strange()
        return found

    def templates(self) -> dict[str, dict[str, Any]]:
        """Return the service's templates by number. Raises HubError."""
        found = _group(self._call("get", "v2/templates")).get("templates")
        if not isinstance(found, list):
            raise _strange()
        return {str(one.get("id")): one for one in found if isinstance(one, dict)}

    def _call(self, method: str, path: str, **options: Any) -> requests.Response:
        response = self._http.request(
            method,
            f"{self._base}/{path}",
            headers={"Authorization": f"Bearer {self._token()}"},
            allow_status={400, 403, 429},  # type: ignore[call-arg]
            **options,
        )
        if response.status_code in (403, 429):
            raise self._denied(response)
        if response.status_code == 400:
            raise Rejected("; ".join(text for _, text in _errors(response)) or "HTTP 400")
        return response

    def _token(self) -> str:
        found = _KEY.fullmatch(self._key)
        if found is None:
            raise ConfigError(
                "De sleutel van NotifyNL is niet heel. Plak naam, nummer van de dienst en geheim, "
                "zoals NotifyNL ze toont.",
                "key of NotifyNL has another shape",
            )
        service, secret = found.groups()
        claims = {"iss": service, "iat": int(self._clock.now().timestamp())}
        return jwt.encode({"typ": "JWT", "alg": "HS256"}, claims, OctKey.import_key(secret))

    def _denied(self, response: requests.Response) -> Exception:
        told = _errors(response)
        kinds, text = {kind for kind, _ in told}, " ".join(text for _, text in told)
        if response.status_code == 429:
            return self._too_much("TooManyRequestsError" in kinds)
        if "BadRequestError" in kinds:
            return Rejected(text)
        if "clock" in text:
            return ConfigError(
                "De klok van deze server wijkt meer dan 30 seconden af. NotifyNL weigert daarom. "
                "Zet de klok gelijk.",
                "HTTP 403 from NotifyNL: clock",
            )
        return ConfigError(
            "NotifyNL weigert de sleutel. Controleer of u de hele sleutel hebt ingevuld en of hij "
            "niet is ingetrokken.",
            "HTTP 403 from NotifyNL",
            access_denied=True,
        )

    def _too_much(self, today: bool) -> TransientError:
        if not today:
            return TransientError(
                "Er gaan te veel berichten per minuut naar NotifyNL. De hub wacht en probeert het "
                "opnieuw.",
                "HTTP 429 from NotifyNL: rate limit",
                retry_after=SPARE,
            )
        now = self._clock.now()
        midnight = datetime(now.year, now.month, now.day, tzinfo=now.tzinfo) + timedelta(days=1)
        return TransientError(
            "Het aantal berichten dat vandaag bij NotifyNL mag, is bereikt. De hub gaat vannacht "
            "verder.",
            "HTTP 429 from NotifyNL: daily limit",
            retry_after=(midnight - now).total_seconds(),
        )


def _errors(response: requests.Response) -> list[tuple[str, str]]:
    """Return kind and text of each error in an answer, none when it holds no list of them."""
    try:
        value = read_json(response.content)
    except PermanentError:
        return []
    told = value.get("errors") if isinstance(value, dict) else None
    return [
        (str(one.get("error", "")), str(one.get("message", "")))
        for one in (told if isinstance(told, list) else [])
        if isinstance(one, dict)
    ]


def _group(response: requests.Response) -> dict[str, Any]:
    # A half character in one message must not cost the whole page.
    value = read_json(response.content, "Het antwoord van NotifyNL", half_characters=True)
    if not isinstance(value, dict):
        raise _strange()
    return value


def _strange() -> PermanentError:
    return PermanentError(
        "NotifyNL gaf een antwoord dat de hub niet kent. Er is niets gewijzigd.",
        "answer of NotifyNL has another shape",
    )
