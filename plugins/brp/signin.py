"""Signing in: an OAuth2 token by client credentials, an API key, a certificate, or all of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import requests

from hub.connector import ConfigError, Context, PermanentError, read_json

#: So long before its end a token is no longer used.
_MARGIN = timedelta(seconds=30)

#: How long a token counts that does not say.
_USUAL = 300


class SignIn:
    """Who we are to the BRP. A token is kept until it ends, or until the BRP refuses it."""

    def __init__(self, settings: Mapping[str, Any], context: Context) -> None:
        self._settings = settings
        self._context = context
        self._token = ""
        self._until: datetime | None = None

    def headers(self) -> dict[str, str]:
        """Return the headers by which we are known. Raises HubError when no token is given."""
        found: dict[str, str] = {}
        if self._settings["api_key"]:
            found[self._settings["api_key_header"]] = self._settings["api_key"]
        if self._settings["token_url"]:
            if self._until is None or self._context.clock.now() >= self._until:
                self._fetch()
            found["Authorization"] = f"Bearer {self._token}"
        return found

    def forget(self) -> bool:
        """Drop the token; tell whether there was one, so that a new one may help."""
        had, self._until = self._until is not None, None
        return had

    def _fetch(self) -> None:
        settings = self._settings
        form = {
            "grant_type": "client_credentials",
            "client_id": settings["client_id"],
            "client_secret": settings["client_secret"],
            "scope": settings["scope"],
            "resourceServer": settings["resource_server"],
        }
        response = self._context.http.post(
            settings["token_url"],
            data={name: value for name, value in form.items() if value},
            allow_status={400, 401},  # type: ignore[call-arg]
        )
        told = _told(response)
        lasts = told.get("expires_in")
        seconds = lasts if isinstance(lasts, int) and not isinstance(lasts, bool) else _USUAL
        # A token may come without an end, but not last for ever.
        self._until = self._context.clock.now() + timedelta(seconds=min(max(seconds, 0), 86_400))
        self._until -= min(_MARGIN, timedelta(seconds=max(seconds, 0) / 2))
        self._token = str(told["access_token"])


_OTHER_ADVICE = "Controleer client-id, client-secret, scope en resource server."
_WHO = "Controleer client-id en client-secret, en of ons certificaat bij RvIG bekend is."

#: By the error of OAuth2 (RFC 6749, 5.2): what to look at.
_ADVICE = {
    "invalid_client": _WHO,
    "unauthorized_client": _WHO,
    "invalid_scope": "Controleer de scope: uw afnemersindicatie, een streepje en het OIN van uw "
    "certificaat.",
}


def _error(response: requests.Response) -> str:
    try:
        value = read_json(response.content)
    except PermanentError:
        return ""
    return str(value.get("error", "")) if isinstance(value, dict) else ""


def _told(response: requests.Response) -> dict[str, Any]:
    if response.status_code != 200:
        advice = _ADVICE.get(_error(response), _OTHER_ADVICE)
        raise ConfigError(
            f"De BRP geeft geen token. {advice}",
            f"token refused with HTTP {response.status_code}",
            access_denied=True,
        )
    value = read_json(response.content, "Het antwoord op de vraag om een token")
    token = value.get("access_token") if isinstance(value, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise PermanentError(
            "Het antwoord op de vraag om een token heeft niet de vorm van OAuth2. "
            "Controleer het adres voor het token.",
            "no access_token in the answer",
        )
    return dict(value)
