"""What we do with a message that the collection system sends to us.

The standard's rule for a message that comes again: the same sender, number and content get the same
answer, and nothing is stored a second time; the same number with another content is StUF016. A Bv03
is only given for what was stored, so the hub commits the record before the answer leaves.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from lxml import etree

from hub.connector import Answer, Batch, Incoming, PermanentError, Record
from plugins.stuf_fin.envelope import (
    REFERENCE_LENGTH,
    Fault,
    Header,
    Party,
    fault_message,
    local,
    moment,
    plain,
    read_header,
    receipt,
    unwrap,
    wrap,
    wrap_fault,
)
from plugins.stuf_fin.messages import Reading
from plugins.stuf_fin.status import FUNCTION, ROOT, message_key, shape_faults

STREAM = "statuses"

_XML = {"Content-Type": "text/xml; charset=utf-8"}

#: The standard's own form of a moment (Tijdstip).
_MOMENT = re.compile(r"[0-9]{8,17}")

#: How the function is written in the schema, and how it would be spelt.
_FUNCTIONS = (FUNCTION, "verstrekVorderingStatusWijziging")


@dataclass(frozen=True)
class Reception:
    """Who we are to who sends, and what was stored before (`seen`, see hub.connector.Context)."""

    us: Party
    them: Party
    username: str
    password: str
    reading: Reading
    now: datetime
    seen: Callable[[str, Record], str]

    def take(self, call: Incoming) -> Answer:
        """Return the answer to one message; its batch holds what is new."""
        if not self._admitted(call.headers):
            return Answer(401, b"", {"WWW-Authenticate": 'Basic realm="schuldenhub"'})
        try:
            message = unwrap(call.body, "Het bericht")
        except PermanentError:
            return _synchronous(Fault("StUF055", "Het bericht is geen SOAP-bericht"))
        header = None if isinstance(message, Fault) else read_header(message)
        if isinstance(message, Fault) or header is None:
            return _synchronous(Fault("StUF055", "Het bericht heeft geen stuurgegevens"))
        if header.code in ("Lv01", "Lk02", "Di02"):
            return _synchronous(Fault("StUF022", "Dit systeem beantwoordt geen vragen"))
        return self._take(message, header)

    def _take(self, message: etree._Element, header: Header) -> Answer:
        record = Record(message_key(header), plain(message))
        before = self.seen(STREAM, record) if header.reference else "new"
        fault = self._fault(message, header, before)
        if fault is not None:
            return self._refused(header, fault)
        # The moment of the message, not of our answer: the answer to a repeat must be the same.
        told = receipt(header.answered("Bv03", _number(header, "Bv03"), header.sent_at))
        answer = Answer(200, wrap(told), dict(_XML), stream=STREAM)
        return answer if before == "same" else replace(answer, batch=Batch([record]))

    def _refused(self, header: Header, fault: Fault) -> Answer:
        if not _can_be_answered(header):
            return _synchronous(fault)
        # The same message is refused in the same words, to the byte, as it would be confirmed.
        at = header.sent_at if _MOMENT.fullmatch(header.sent_at) else moment(self.now)
        message = fault_message(header.answered("Fo03", _number(header, fault.code), at), fault)
        return Answer(500, wrap_fault(message, fault), dict(_XML))

    def _fault(self, message: etree._Element, header: Header, before: str) -> Fault | None:
        if before == "other":
            return Fault("StUF016", "Combinatie van zender en referentienummer is niet uniek")
        if not _names(header.receiver, self.us):
            return Fault("StUF010", "Ontvanger is onbekend")
        if not _names(header.sender, self.them):
            return Fault("StUF013", "Zender is onbekend")
        if header.code != "Di01":
            return Fault("StUF022", "Deze berichtcode wordt niet ondersteund")
        if local(message) != ROOT or header.function not in _FUNCTIONS:
            return Fault("StUF028", "Deze functie wordt niet ondersteund")
        if not _can_be_answered(header) or not _MOMENT.fullmatch(header.sent_at):
            text = "De stuurgegevens zijn niet volgens het schema"
            details = (
                "Het referentienummer, het tijdstipBericht of een naam ontbreekt of is te lang"
            )
            return Fault("StUF055", text, "client", details)
        faults = shape_faults(message, self.reading)
        if faults:
            return Fault("StUF055", "Het bericht is niet volgens het schema", "client", faults[0])
        return None

    def _admitted(self, headers: Mapping[str, str]) -> bool:
        """Tell whether a call carries our user name and password; without a password nobody may."""
        kind, _, code = headers.get("authorization", "").partition(" ")
        try:
            told = base64.b64decode(code, validate=True)
        except (binascii.Error, ValueError):
            return False
        wanted = f"{self.username}:{self.password}".encode()
        return (
            bool(self.password) and kind.lower() == "basic" and secrets.compare_digest(told, wanted)
        )


def _names(told: Party | None, wanted: Party) -> bool:
    # The standard lets a receiver authorise on the application; an organisation is optional.
    return told is not None and told.application == wanted.application


def _can_be_answered(header: Header) -> bool:
    """Tell whether the names and number that an answer repeats are what the schema allows."""
    parties = [one for one in (header.sender, header.receiver) if one is not None]
    named = all(3 <= len(one.application) <= 50 and len(one.organisation) <= 200 for one in parties)
    return len(parties) == 2 and named and 0 < len(header.reference) <= REFERENCE_LENGTH


def _synchronous(fault: Fault) -> Answer:
    return Answer(500, wrap_fault(fault_message(Header("Fo02"), fault), fault), dict(_XML))


def _number(header: Header, kind: str) -> str:
    """Return the number of our answer: always the same for the same message and outcome."""
    sender = header.sender or Party("")
    told = f"{sender.organisation}|{sender.application}|{header.reference}|{kind}"
    return "hub-" + hashlib.sha256(told.encode()).hexdigest()[:32]
