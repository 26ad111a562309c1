"""The token: an assertion that the token service signs, and that must pass byte for byte.

The signature is over the assertion as it was written. So it is cut out of the answer as bytes, and
never built again: another quote, prefix or place of a namespace could break it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from lxml import etree

from hub.connector import ConfigError, Context, PermanentError, TransientError, read_xml
from plugins.ccbr.soap import (
    ACCESS,
    ADDRESS,
    CLOCK,
    PLAIN,
    SCOPE,
    WSA,
    WSSE,
    WSU,
    Fault,
    child,
    envelope,
    headers,
    unwrap,
    with_body,
)
from schemas.fields import shown

TRUST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
ISSUE = f"{TRUST}/RST/Issue"
POLICY = "http://schemas.xmlsoap.org/ws/2004/09/policy"
SAML = "urn:oasis:names:tc:SAML:1.0:assertion"

#: An assertion counts for an hour; so long it is used, that no request meets its end.
KEPT = timedelta(minutes=55)

_ASSERTION = re.compile(rb"<((?:[\w.-]+:)?)Assertion[\s>].*?</\1Assertion\s*>", re.S)
_WHAT = "Het antwoord van de tokendienst"


class Tokens:
    """The token of one account, kept for 55 minutes."""

    def __init__(self, settings: Mapping[str, Any], context: Context) -> None:
        self._settings = settings
        self._context = context
        self._assertion = b""
        self._until: datetime | None = None

    def assertion(self) -> bytes:
        """Return a token that counts; a new one when there is none. Raises HubError."""
        now = self._context.clock.now()
        if self._until is None or now >= self._until:
            self._assertion = self._fetch(now)
            self._until = now + KEPT
        return self._assertion

    def forget(self) -> None:
        """Drop the token: the service no longer takes it."""
        self._until = None

    def _fetch(self, now: datetime) -> bytes:
        url = self._settings["sts_url"]
        response = self._context.http.post(
            url,
            data=request(url, self._settings, now),
            headers=headers(ISSUE),
            allow_status={400, 500},  # type: ignore[call-arg]  # faults are told so
        )
        try:
            told = unwrap(response.content, _WHAT)
        except PermanentError as error:
            if response.status_code != 500:
                raise
            raise TransientError(
                "De tokendienst heeft een storing (HTTP 500). De hub probeert het later opnieuw.",
                "HTTP 500 without a SOAP fault",
            ) from error
        if isinstance(told, Fault):
            raise _refused(told)
        return cut(response.content)


def request(url: str, settings: Mapping[str, Any], now: datetime) -> bytes:
    """Return the question for a token (WS-Trust 1.3, Issue, Bearer)."""
    made, security = envelope(ISSUE, url, now)
    token = child(security, WSSE, "UsernameToken")
    token.set(f"{{{WSU}}}Id", f"uuid-{uuid.uuid4()}")
    child(token, WSSE, "Username", settings["username"])
    child(token, WSSE, "Password", settings["password"]).set("Type", PLAIN)
    wish = etree.Element(
        f"{{{TRUST}}}RequestSecurityToken", nsmap={"trust": TRUST, "wsp": POLICY, "wsa": WSA}
    )
    about = child(child(wish, POLICY, "AppliesTo"), WSA, "EndpointReference")
    child(about, WSA, "Address", settings["realm"])
    child(wish, TRUST, "KeyType", f"{TRUST}/Bearer")
    child(wish, TRUST, "RequestType", f"{TRUST}/Issue")
    return with_body(made, wish)


def cut(content: bytes) -> bytes:
    """Return the bytes of the assertion in an answer. Raises PermanentError when there is none."""
    found = _ASSERTION.search(content)
    if found is None:
        raise _no_token("no assertion in the answer")
    try:
        # It must stand by itself: a prefix that is declared outside it would be lost.
        alone = read_xml(found[0], _WHAT)
        found[0].decode("utf-8")
    except (PermanentError, UnicodeDecodeError) as error:
        raise _no_token("the assertion does not stand by itself") from error
    if alone.tag != f"{{{SAML}}}Assertion":
        raise _no_token("no SAML 1.1 assertion")
    return found[0]


_ADVICE = {
    ACCESS | {"Sender"}: "Controleer gebruikersnaam, wachtwoord en realm.",
    CLOCK: "Een bericht geldt vijf minuten: controleer of de klok van deze server gelijk loopt.",
    SCOPE: "De dienst waarvoor de hub een token vraagt is er niet bekend: controleer de realm.",
    ADDRESS: "Controleer het adres voor het token.",
}


def _no_token(log: str) -> PermanentError:
    return PermanentError(
        "De tokendienst gaf geen bruikbaar token (SAML 1.1). Er is niets gewijzigd. Controleer het "
        "adres voor het token.",
        log,
    )


def _refused(fault: Fault) -> ConfigError | TransientError:
    log = f"STS fault {shown(fault.code)}"
    for codes, advice in _ADVICE.items():
        if fault.code in codes:
            text = f"De tokendienst laat ons niet toe: {shown(fault.text)}. {advice}"
            return ConfigError(text, log, access_denied=codes is not ADDRESS)
    text = f"De tokendienst kan nu geen token geven: {shown(fault.text)}."
    return TransientError(f"{text} De hub probeert het later opnieuw.", log)
