"""A change of status that the collection system tells us (`verstrekVorderingStatusWijziging`).

One message holds one or more claims. It tells no person: claim and person are known from the
question. Its `functie` is misspelt in the published schema and must be sent so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from hub.connector import Fact, RecordError
from plugins.stuf_fin.envelope import FIN, STUF, Header, local, read_header
from plugins.stuf_fin.messages import STATUSES, Reading, claim_key, extra
from plugins.stuf_fin.values import Group, key_of
from schemas.fields import shown

#: The root, the SOAPAction and the (misspelt) function of the message.
ROOT = "Di01-verstrekVorderingStatusWijziging"
ACTION = f"{FIN}/{ROOT}"
FUNCTION = "verstrekVorderngStatusWijzigng"

#: Status to the event that it is. The other statuses say that a step was set, not which.
EVENTS = {
    "EXT": "overgedragen",
    "ONI": "oninbaar",
    "KWI": "kwijtschelding",
    "VRM": "vermindering",
    "VRN": "annulering",
}

#: What a status says, where the message has no remark of its own.
WORDS = {
    "ONV": "ontvangen, nog niet verwerkt",
    "VRW": "verwerkt",
    "VRS": "verstuurd",
    "BET": "betaald",
    "INV": "stap in de invordering; het bericht zegt niet welke",
    "EXT": "overgedragen",
    "ONI": "oninbaar verklaard",
    "KWI": "kwijtgescholden",
    "VRM": "verminderd",
    "VRN": "vernietigd",
    "OVE": "overig",
}

#: Stages that are an event by the same name.
_STEPS = frozenset({"herinnering", "aanmaning", "dwangbevel", "vooraankondiging", "vordering"})
_STEPS |= {"beslag"}


def message_key(header: Header) -> str:
    """Return the key of a message: its sender and its reference number, which is unique there."""
    sender = header.sender
    organisation, application = (sender.organisation, sender.application) if sender else ("", "")
    return key_of(organisation, application, header.reference)


def objects_of(message: etree._Element) -> Iterator[Group]:
    """Yield the claims of a message as they are now; faults have a path.

    Of two objects the first is how it was; the last is how it is.
    """
    faults: list[str] = []
    for at, change in enumerate(message.iterfind(f"{{{FIN}}}vrdLk01"), start=1):
        found = change.findall(f"{{{FIN}}}object")
        if found:
            yield Group(found[-1], f"vordering[{at}]", faults)


def shape_faults(message: etree._Element, reading: Reading) -> list[str]:
    """Return what a message lacks to be used, empty when nothing."""
    claims = list(objects_of(message))
    if not claims:
        return ["Het bericht noemt geen vordering"]
    for claim in claims:
        work = claim.element.get(f"{{{STUF}}}verwerkingssoort", "W")
        if work != "W":
            claim.faults.append(
                f"{claim.path}: verwerkingssoort is {shown(work)}; een statuswijziging is W"
            )
        list(_facts(claim, reading))
    return claims[0].faults


def parse_status(message: etree._Element, reading: Reading) -> list[Fact]:
    """Return the events and payments of a message. Raises RecordError with every problem."""
    if local(message) != ROOT or read_header(message) is None:
        raise RecordError("Dit is geen statuswijziging van StUF-FIN")
    faults = shape_faults(message, reading)
    if faults:
        raise RecordError(faults)
    return [fact for claim in objects_of(message) for fact in _facts(claim, reading)]


def _facts(claim: Group, reading: Reading) -> Iterator[Fact]:
    key, status = claim_key(claim, reading), claim.inside("vorderingstatus")
    if status is None:
        claim.faults.append(f"{claim.path}.vorderingstatus ontbreekt")
        return
    code, on = status.text("status"), status.day("datumEnTijd")
    if code not in STATUSES:
        claim.faults.append(f"{status.path}.status is geen bekende status")
    if on is None:
        claim.faults.append(f"{status.path}.datumEnTijd ontbreekt")
    own = f"{key}-{code}-{re.sub(r'[^0-9]', '', status.text('datumEnTijd'))[:17]}"
    part = status.cents("deelBedragBetaald")
    if part:
        data = {"claim": key, "on": on, "amount": part, "method": ""}
        yield Fact("payment", f"{own}-betaling", data)
    if code != "BET":
        yield Fact("claim_event", own, _event(key, on, code, status, extra(claim, reading.stage)))


def _event(key: str, on: str | None, code: str, status: Group, stage: str) -> dict[str, Any]:
    # The message tells no amount of what was remitted or reduced; the next answer has the balance.
    kind = stage.lower() if code == "INV" and stage.lower() in _STEPS else EVENTS.get(code)
    text = status.text("opmerkingen") or f"Status {code}: {WORDS.get(code, 'onbekend')}"
    return {
        "claim": key,
        "kind": kind or "invorderingsstap",
        "on": on,
        "amount": 0,
        "description": text[:500],
    }
