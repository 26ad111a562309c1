"""Calls to the hub: the handshake of a webhook, and what happened to a case.

A signal only says where to look: the case itself is always fetched from the case system, so a
forged or late signal can bring nothing that is not there. A signal that comes twice (same source
and id) lands the same record once, as the record is the case and not the signal.

The handshake is that of the CloudEvents webhook specification, section 4. A caller without valid
credentials gets 403, also when it sent none: the Notificaties API looks for just that before it
takes a subscription.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

from hub.connector import Answer, Batch, HubError, Incoming, Record
from plugins.zaken.events import Signal, read_signal
from plugins.zaken.messages import key_of, slim
from plugins.zaken.problems import Problem, Refused
from plugins.zaken.zgw import CaseSystem

#: The stream under which a case lands.
STREAM = "cases"

#: How many signals a minute a sender may bring.
RATE = 120

_ALLOW = {"Allow": "OPTIONS, POST"}

#: Seconds after which a sender may try again when the case system does not answer.
AGAIN = 120


class Receiver:
    """Answers the calls of senders."""

    def __init__(self, settings: Mapping[str, Any], system: CaseSystem) -> None:
        self._settings = settings
        self._system = system

    def answer(self, call: Incoming) -> Answer:
        """Return the answer to a call; every refusal is a problem+json."""
        headers = {name.lower(): value for name, value in call.headers.items()}
        try:
            if call.method == "OPTIONS":
                return self._handshake(headers)
            if call.method != "POST":
                raise Refused(
                    405, "Stuur een melding met POST.", headers={"Allow": "OPTIONS, POST"}
                )
            self._admit(headers, call.body)
            return self._take(read_signal(headers, call.body))
        except Refused as refused:
            kind = {"Content-Type": "application/problem+json"}
            return Answer(refused.status, refused.body(), kind | refused.headers)

    def _handshake(self, headers: Mapping[str, str]) -> Answer:
        """Say whether a sender may send; without permission the answer tells nothing."""
        asked = headers.get("webhook-request-origin", "")
        told = dict(_ALLOW)
        if asked and asked in self._settings["callback_origins"].split():
            rate = headers.get("webhook-request-rate", "")
            granted = min(int(rate), RATE) if re.fullmatch("[0-9]{1,6}", rate) else RATE
            told["WebHook-Allowed-Origin"] = asked
            told["WebHook-Allowed-Rate"] = str(max(granted, 1))
        return Answer(200, b"", told)

    def _admit(self, headers: Mapping[str, str], body: bytes) -> None:
        """Let a caller in by token or signature. Raises Refused."""
        token = self._settings["callback_token"]
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if token and scheme.lower() == "bearer" and _same(given.strip(), token):
            return
        secret = self._settings["callback_secret"]
        signature = headers.get("x-hub-signature-256", "").removeprefix("sha256=")
        made = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        if secret and _same(signature, made):
            return
        raise Refused(403, "Stuur het token mee dat is afgesproken, of onderteken de melding.")

    def _take(self, signal: Signal) -> Answer:
        """Fetch the case that a signal is about; what does not concern us is taken and left."""
        if not signal.case:
            return Answer(204)
        if signal.perhaps and not self._system.owns(signal.case):
            return Answer(204)
        if not self._system.owns(signal.case):
            one = Problem("zaak", "other-system", "hoort niet bij het ingestelde zaaksysteem")
            raise Refused(400, "De melding gaat over een zaak van een ander systeem.", [one])
        try:
            case = self._system.case(signal.case)
        except HubError as error:
            later = {"Retry-After": str(AGAIN)}
            text = "Het zaaksysteem geeft de zaak nu niet. Stuur de melding later nog eens."
            raise Refused(503, text, headers=later) from error
        key = signal.case.rpartition("/")[2][:64]
        if case is None:
            # Only who says that a case was destroyed can take it away; else it stays for now.
            gone = Batch([Record(key, b"", deleted=True)])
            return Answer(204, batch=gone, stream=STREAM) if signal.gone else Answer(204)
        if not isinstance(case, dict) or case.get("zaaktype") not in self._system.kinds:
            return Answer(204)
        landed = Batch([Record.json(key_of(case, key), slim(case))])
        return Answer(204, batch=landed, stream=STREAM)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
