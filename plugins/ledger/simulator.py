"""A ledger as the demo and the tests play it: partner numbers, and bills in every state.

Its books are derived from the town, the same every time: one bill of the municipality's own for
each person with a claim, and for a claim that is far in collection the bill from which it came.
"""

from __future__ import annotations

import re
import secrets
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from flask import Flask, Response, jsonify, request

from hub.clock import Clock
from hub.testing.simulator import Simulator, SourceSpec
from hub.testing.world import Dossier, Municipality, TaxClaim
from plugins.ledger.messages import ITEM_FIELDS

#: Stages at which a bill was handed over to the tax department's collection.
_FAR = frozenset({"dwangbevel", "vooraankondiging", "vordering", "beslag"})

#: What makes a bill stand in each state, by the fields that differ from an open one.
SHAPES: tuple[dict[str, Any], ...] = (
    {},
    {"DunningLevel": "2"},
    {"DunningBlockingReason": "A"},
    {"PaymentTerms": "B010"},
    {"SEPAMandate": "M-1", "PaymentMethod": "D"},
    {"PaymentMethod": "B", "Paylink": None},
    {"IsCleared": True},
    {"IsCleared": True, "ReverseDocument": "R-1"},
    {"AmountInBalanceTransacCrcy": "-25.50", "AccountingDocumentType": "DG"},
)

_FILTER = re.compile(r"Customer eq '([A-Za-z0-9]+)'")
_KINDS = re.compile(r"AccountingDocumentType eq '([A-Z0-9]{2})'")


class LedgerSystem(Simulator):
    """The ledger. For tests: `bills` by partner number, `partners` by BSN, and how it pages.

    `shape` is "feed", "d" or "value"; with `links` it gives a link to the next page, and at most
    `most` documents at a time. One that does not `skip` begins anew at every page. `meanwhile` is
    called after each answer: what others do in the ledger. Of version 4 it knows no other count.
    """

    name: ClassVar[str] = "ledger"
    extra: ClassVar[bool] = True
    username = "hub"

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.password = secrets.token_hex(8)
        self.owner = municipality.organisations[0].code
        self.partners: dict[str, str] = {}
        self.bills: dict[str, list[dict[str, Any]]] = {}
        self.shape, self.links, self.most, self.counts = "feed", False, 2000, True
        self.skips, self.version = True, "2"
        self.meanwhile: Callable[[], None] = lambda: None
        helped = _helped(municipality)
        for dossier in municipality.dossiers():
            if dossier.claims:
                self._add(dossier, dossier.person.bsn in helped)
        self._web = Flask("ledger")
        self._web.add_url_rule("/businesspartner/BSN/", view_func=self._who, methods=["POST"])
        self._web.add_url_rule("/API/<path:rest>", view_func=self._items)

    def _add(self, dossier: Dossier, helped: bool) -> None:
        number = f"10{dossier.person.number:06}"
        self.partners[dossier.person.bsn] = number
        made = [_bill(dossier.person.number, dossier.claims[0], helped)]
        made += [
            handed_over(one)
            for one in dossier.claims
            if one.creditor == self.owner and one.stage in _FAR
        ]
        self.bills[number] = made

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request (WSGI)."""
        return self._web(environ, start_response)

    def sources(self) -> list[SourceSpec]:
        """Return the source that asks this ledger."""
        config = {"url": self.url, "username": self.username, "password": self.password}
        return [SourceSpec("grootboek", "Debiteuren (grootboek)", "ledger", self.owner, config)]

    def _signed(self) -> bool:
        told = request.authorization
        return bool(told and (told.username, told.password) == (self.username, self.password))

    def _who(self) -> Response:
        if not self._signed():
            return Response("", 401)
        bsn = str((request.get_json() or {}).get("BSN", ""))
        # A number where it does not begin with a zero, as the real one writes it.
        told: Any = bsn if bsn.startswith("0") else int(bsn or 0)
        found = {"BSN": told, "Gevonden": "Nee", "Blokkade": "Nee"}
        if bsn in self.partners:
            found |= {"Gevonden": "Ja", "Zakenpartnernummer": self.partners[bsn]}
        return jsonify(Record=found)

    def _items(self, rest: str) -> Response:
        if not self._signed():
            return Response("", 401)
        other = {"2": "$count", "4": "$inlinecount"}[self.version]
        if other in request.args:
            return Response(f'{{"error": {{"message": "{other}"}}}}', 400)
        wanted = request.args.get("$filter", "")
        found = sorted(self._chosen(wanted), key=lambda one: str(one["AccountingDocument"]))
        start, top = (request.args.get(name, 0, type=int) for name in ("$skip", "$top"))
        start = start if self.skips else 0
        page = found[start : start + min(top or self.most, self.most)]
        after = start + len(page)
        link = ""
        if self.links and after < len(found):
            link = f"{request.base_url}?$filter={wanted}&$skip={after}&$top={top}"
        answer = jsonify(self._shaped(page, len(found), link.replace(" ", "%20")))
        self.meanwhile()
        return answer

    def _chosen(self, wanted: str) -> Iterator[dict[str, Any]]:
        partner = _FILTER.search(wanted)
        for one in self.bills.get(partner[1] if partner else "", []):
            if one["AccountingDocumentType"] in _KINDS.findall(wanted) and _in_state(one, wanted):
                yield one

    def _shaped(self, page: list[dict[str, Any]], total: int, link: str) -> dict[str, Any]:
        if self.shape == "feed":
            entries: Any = [{"content": {"properties": _xml_nulls(one)}} for one in page]
            feed = {"entry": entries[0] if len(entries) == 1 else entries}
            feed |= {"count": total} if self.counts else {}
            return {"feed": feed | ({"link": {"@rel": "next", "@href": link}} if link else {})}
        if self.shape == "d":
            inside = {"results": page} | ({"__count": str(total)} if self.counts else {})
            return {"d": inside | ({"__next": link} if link else {})}
        told = {"value": page} | ({"@odata.count": total} if self.counts else {})
        return told | ({"@odata.nextLink": link} if link else {})


def bill(number: str, amount: int, **more: Any) -> dict[str, Any]:
    """Return one document; `amount` in cents, the other fields under the ledger's names."""
    told: dict[str, Any] = dict.fromkeys(ITEM_FIELDS)
    told |= {
        "AccountingDocument": number,
        "AccountingDocumentType": "DR",
        "AmountInBalanceTransacCrcy": f"{amount / 100:.2f}",
        "DocumentReferenceID": f"F{number}",
        "DunningLevel": "0",
        "IsCleared": False,
        "NetDueDate": "2026-04-12T00:00:00",
        "Paylink": "https://betalen.example/1",
        "PaymentMethod": "",
        "PaymentTerms": "B001",
        "PostingDate": "2026-03-01T00:00:00",
        "ProfitCenterName": "Publiekszaken",
        "ReverseDocument": "",
    }
    told |= more
    if told["IsCleared"] and not told["ClearingDate"]:
        told["ClearingDate"] = "2026-05-01T00:00:00"
    return told


def _helped(municipality: Municipality) -> frozenset[str]:
    # What the town plants about those with a debt case or a pause is the whole truth: an open bill
    # of ours would be a finding too many.
    found: set[str] = set()
    for dossier in municipality.dossiers():
        found |= {client.bsn for client in dossier.case.clients} if dossier.case else set()
        found |= {dossier.person.bsn} if dossier.holds or dossier.sent else set()
    return frozenset(found)


def _bill(person: int, claim: TaxClaim, helped: bool) -> dict[str, Any]:
    shape = SHAPES[zlib.crc32(claim.number.encode()) % len(SHAPES)]
    if helped:
        shape = {"IsCleared": True}
    posted = f"{claim.imposed_on.isoformat()}T00:00:00"
    days = {"PostingDate": posted, "NetDueDate": f"{claim.due_on.isoformat()}T00:00:00"}
    ended = {"ClearingDate": days["NetDueDate"]} if shape.get("IsCleared") else {}
    return bill(f"18{person:08}", 4200 + person % 90, **{**days, **ended, **shape})


def handed_over(claim: TaxClaim) -> dict[str, Any]:
    """Return the bill from which a claim in the tax system came: cleared here, and owed there."""
    posted = claim.imposed_on - timedelta(days=60)
    return bill(
        f"19{zlib.crc32(claim.number.encode()):010}",
        claim.principal,
        DocumentReferenceID=claim.number,
        IsCleared=True,
        DunningLevel="3",
        PostingDate=f"{posted.isoformat()}T00:00:00",
        NetDueDate=f"{(posted + timedelta(days=30)).isoformat()}T00:00:00",
        ClearingDate=f"{claim.imposed_on.isoformat()}T00:00:00",
    )


def _in_state(one: dict[str, Any], wanted: str) -> bool:
    cleared, part = one["IsCleared"], bool(one["InvoiceReference"])
    if "InvoiceReference ne ''" in wanted:
        return part and not cleared
    if "IsCleared eq false" in wanted:
        return not cleared and not part
    return cleared is True


def _xml_nulls(one: dict[str, Any]) -> dict[str, Any]:
    return {name: {"@null": True} if value is None else value for name, value in one.items()}
