"""Faults of the BRP (problem+json), and what they mean to whoever manages the source."""

from __future__ import annotations

import re
from typing import Any

import requests

from hub.connector import (
    ConfigError,
    HubError,
    PermanentError,
    TransientError,
    read_json,
)

#: The code of too many results: nobody is found, as it is not one.
TOO_MANY = "tooManyResults"

#: What the hub does itself with these answers; they hold words that say why.
TOLD = frozenset({400, 401, 403, 429, 503})


def code_of(response: requests.Response) -> str:
    """Return the code of a fault, empty when it tells none."""
    return str(_problem(response).get("code") or "")


def error_of(response: requests.Response) -> HubError:
    """Return the error of a fault, with the words of the BRP in it."""
    problem, status = _problem(response), response.status_code
    told = _sentence(problem) or f"HTTP {status}"
    log = f"BRP answers HTTP {status}, code {_safe(problem.get('code'))}"
    if status == 401:
        return ConfigError(
            f"De BRP herkent ons niet: {told} Controleer client-id, client-secret en API-sleutel.",
            log,
            access_denied=True,
        )
    if status == 403:
        advice = _ADVICE.get(str(problem.get("code")), _OTHER_ADVICE)
        text = f"De BRP staat deze vraag niet toe: {told} {advice}"
        return ConfigError(text, log, access_denied=True)
    if status in (429, 503):
        text = f"De BRP is nu niet te bevragen: {told} De hub probeert het later opnieuw."
        return TransientError(text, log, retry_after=_asked_to_wait(response))
    return PermanentError(f"De BRP weigert de vraag: {told} Er is niets gewijzigd.", log)


_OTHER_ADVICE = "Vergelijk de instellingen onder 'Wat wordt gevraagd' met uw autorisatiebesluit."

#: By the code of a refusal: what to look at.
_ADVICE = {
    "unauthorized": "Vraag RvIG of uw autorisatie ad-hocvragen toestaat, en of zij nog geldt.",
    "unauthorizedField": f"{_OTHER_ADVICE} Noemt het geen adressen in het buitenland, kies dan "
    "'Alleen adressen in Nederland'.",
    "unauthorizedParameter": "Uw autorisatiebesluit staat niet toe dat u hierop zoekt: zet 'Zoeken "
    "zonder BSN' uit.",
}


def _asked_to_wait(response: requests.Response) -> float | None:
    """Return the seconds, at most a day, that the BRP asks to be left alone; None when unsaid."""
    told = response.headers.get("Retry-After", "")
    return min(float(told), 86_400.0) if re.fullmatch("[0-9]{1,9}", told) else None


def _sentence(problem: dict[str, Any]) -> str:
    parts = [_safe(problem.get("title"))]
    wrong = problem.get("invalidParams")
    told = [one for one in wrong if isinstance(one, dict)] if isinstance(wrong, list) else []
    parts += [f"{_safe(one.get('name'))}: {_safe(one.get('reason'))}" for one in told]
    if not told:
        # Of parameters it only names those that are told above.
        parts.append(_safe(problem.get("detail")))
    return " ".join(part if part.endswith(".") else f"{part}." for part in parts if part)


def _safe(text: Any) -> str:
    # A fault may repeat what was asked.
    return re.sub(r"\d{8,}", "…", str(text or ""))[:200]


def _problem(response: requests.Response) -> dict[str, Any]:
    try:
        value = read_json(response.content, "De foutmelding van de BRP")
    except PermanentError:
        return {}
    return value if isinstance(value, dict) else {}
