"""Asking Allegro: sign in, keep the session, ask an operation, understand a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hub.connector import ConfigError, Context, PermanentError, TransientError
from plugins.allegro.envelope import Fault, answer_to, request, soap_action
from plugins.allegro.shapes import OPERATIONS
from schemas.fields import shown

#: How long a session is taken to live. The WSDL does not say; Amsterdam's own software uses this.
SESSION = timedelta(seconds=1800)

#: A session is replaced when it has less than this to live.
_MARGIN = timedelta(seconds=60)


class Session:
    """A session with Allegro, renewed before it ends and once when Allegro has forgotten it."""

    def __init__(self, settings: Mapping[str, Any], context: Context) -> None:
        self._settings = settings
        self._context = context
        self._id = ""
        self._until: datetime = context.clock.now()

    def sign_in(self) -> dict[str, Any]:
        """Sign in and return what Allegro tells of the user. Raises ConfigError when refused."""
        values = {
            "aUsername": self._settings["username"],
            "aPassword": self._settings["password"],
        }
        told = self._post("AllegroWebLogin", values, "")
        if isinstance(told, Fault):
            raise _refused("AllegroWebLogin", told)
        user = told.get("aUserInfo")
        user = user if isinstance(user, dict) else {}
        if str(told.get("Result")).lower() not in ("true", "1"):
            raise _unwelcome(user)
        if not user.get("SessionID"):
            raise PermanentError(
                "Allegro liet de hub toe, maar gaf geen sessie. Er is niets gewijzigd. Vraag "
                "Kred'it om hulp.",
                "sign-in without SessionID",
            )
        self._id, self._until = str(user["SessionID"]), self._context.clock.now() + SESSION
        return user

    def ask(self, operation: str, values: dict[str, Any]) -> dict[str, Any]:
        """Return the values of an answer. Raises HubError; a refusal is a PermanentError."""
        fresh = not self._id or self._context.clock.now() + _MARGIN >= self._until
        if fresh:
            self.sign_in()
        told = self._post(operation, values, self._id)
        if isinstance(told, Fault) and not fresh:
            # Which fault tells of a forgotten session is not public, so any may be one.
            self.sign_in()
            told = self._post(operation, values, self._id)
        if isinstance(told, Fault):
            raise _refused(operation, told)
        return told

    def _post(self, operation: str, values: dict[str, Any], session: str) -> dict[str, Any] | Fault:
        # A fault comes with status 500 (SOAP 1.1).
        options: dict[str, Any] = {"allow_status": {500}}
        response = self._context.http.post(
            self._settings["url"],
            params={"service": OPERATIONS[operation][0]},
            data=request(operation, values, session),
            headers={
                "Content-Type": "text/xml; charset=utf-8",
                "SOAPAction": soap_action(operation),
            },
            **options,
        )
        try:
            return answer_to(operation, response.content)
        except PermanentError as error:
            if response.status_code != 500:
                raise
            raise TransientError(
                "Allegro heeft een storing (HTTP 500). De hub probeert het later opnieuw.",
                "HTTP 500 without a SOAP fault",
            ) from error


def _unwelcome(user: dict[str, Any]) -> ConfigError:
    return ConfigError(
        "Allegro weigert de aanmelding. Controleer gebruikersnaam en wachtwoord."
        f"{extra_info(user, ' Allegro zegt')}",
        "sign-in refused",
        access_denied=True,
    )


def _refused(operation: str, fault: Fault) -> PermanentError:
    return PermanentError(
        f"Allegro weigert {operation}: {fault.text}. Er is niets gewijzigd. Vraag Kred'it of dit "
        "account deze gegevens mag lezen.",
        f"{operation} refused with a fault",
    )


def extra_info(told: Mapping[str, Any], before: str = "Allegro zegt") -> str:
    """Return code and text of ExtraInfo as a sentence; empty when there is nothing."""
    code, text = told.get("ExtraInfo"), told.get("ExtraInfoOmschrijving")
    if code in (None, "", "0") and not text:
        return ""
    words = f": {shown(text)}" if text else ""
    return f"{before} (code {shown(code or 0)[1:-1]}){words}."
