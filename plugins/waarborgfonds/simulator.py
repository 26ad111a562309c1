"""The guarantee fund at an exchange of its own, as the demo and the tests play it.

It goes by its published criteria: what is small and short is granted at once, what is large is
refused, and what lies between waits for a person (`judge`).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from lxml import etree

from hub.clock import Clock
from hub.connector import RecordError
from hub.testing.simulator import PastOrder, SourceSpec
from hub.testing.world import Dossier, Municipality
from plugins.schuldenknooppunt.elements import Tree
from plugins.schuldenknooppunt.faults import read_raw
from plugins.schuldenknooppunt.kinds import FAULT, KINDS
from plugins.schuldenknooppunt.messages import Header, Message, compose, write_message
from plugins.schuldenknooppunt.simulator import Exchange
from plugins.waarborgfonds.decisions import CATEGORIES, Loan, decide
from plugins.waarborgfonds.kinds import EVENT, KNOWN, kind_of

_SPACE = uuid.UUID("5b1b3c0e-7a55-4b8e-9d54-6c9c3f1f0a14")

#: What an event is called, by whether it was asked pro forma and what was decided.
_DECIDED = {
    (True, True): "pro-forma borgstelling afgegeven",
    (True, False): "pro-forma aanvraag afgewezen",
    (False, True): "borgstelling afgegeven",
    (False, False): "borgstelling aanvraag afgewezen",
}


@dataclass
class Guarantee:
    """What the fund has on a mark. `state`: aangevraagd, afgegeven, afgewezen, beeindigd or ..."""

    asked: Header
    loan: Loan
    pro_forma: bool
    state: str = "aangevraagd"

    @property
    def event(self) -> str:
        """Return the event that tells the state, empty while a person still looks at it."""
        if self.state in ("afgegeven", "afgewezen"):
            return _DECIDED[self.pro_forma, self.state == "afgegeven"]
        return {"beeindigd": "borgstelling beëindigd", "uitbetaald": "borgstelling uitbetaald"}.get(
            self.state, ""
        )


class Fund(Exchange):
    """The fund. For tests: `guarantees` are its books, by the mark of a loan."""

    name: ClassVar[str] = "waarborgfonds"
    extra: ClassVar[bool] = True

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.us = str(uuid.uuid5(_SPACE, f"{municipality.code}-kredietbank"))
        self.fund = str(uuid.uuid5(_SPACE, "waarborgfonds"))
        self._others = {self.fund: "waarborgfonds"}
        self.guarantees: dict[str, Guarantee] = {}
        self.reported: dict[str, Tree] = {}

    def sources(self) -> list[SourceSpec]:
        """Return the source with which the credit bank takes part."""
        (spec,) = super().sources()
        config = {**spec.config, "fund_id": self.fund}
        config["contact_name"] = f"Kredietbank {self.municipality.name}"
        config["contact_email"] = "kredietbank@voorbeeldstad.example"
        return [SourceSpec(self.name, "Waarborgfonds", self.name, spec.owner, config)]

    def past_orders(self) -> Iterator[PastOrder]:
        """Yield a request for a guarantee for everybody with a running case."""
        for dossier in self.municipality.dossiers():
            if dossier.case and not dossier.case.ended_on:
                on = self.municipality.today - timedelta(days=2)
                yield PastOrder(dossier.person.bsn, "guarantee_request", _loan_of(dossier), on)

    def prime(self) -> None:
        """Put a decision in our box for everybody with a case."""
        for dossier in self.municipality.dossiers():
            if dossier.case:
                talk = str(uuid.uuid5(_SPACE, dossier.person.bsn))
                asked = Header(self.us, self.fund, talk, talk, self.municipality.today)
                self._tell(asked, _mark(dossier), _DECIDED[False, True])

    def judge(self, mark: str, *, granted: bool) -> None:
        """Let a person of the fund decide on a request that waits for one."""
        one = self.guarantees[mark]
        assert one.state == "aangevraagd", "somebody decided already"
        one.state = "afgegeven" if granted else "afgewezen"
        self._tell(one.asked, mark, one.event)

    def withdraw(self, mark: str) -> None:
        """Let the fund withdraw a guarantee by itself."""
        self.guarantees[mark].state = "ingetrokken"
        self._tell(self.guarantees[mark].asked, mark, "borgstelling ingetrokken")

    def _play(self, root: etree._Element, receiver: str) -> None:
        """Carry out a command, as the fund does; a message it cannot use gets a Foutbericht."""
        try:
            message = read_raw(etree.tostring(root), kind_of)
            _CARRY_OUT[message.kind.command](self, message)
        except RecordError as error:
            self._refuse(root, error.problems)

    def _request(self, message: Message) -> None:
        told, mark = message.told, message.told["reference"]
        if told["category"] not in CATEGORIES:
            raise RecordError(f"BorgstellingCategorie is '{told['category']}'; die is niet bekend")
        known = self.guarantees.get(mark)
        if known and known.state != "afgewezen":
            # Asked again about a loan that runs: the answer is repeated.
            if known.event:
                self._tell(message.header, mark, known.event)
            return
        pro_forma = message.kind.command == "guarantee_assessment"
        one = Guarantee(message.header, Loan.of(told), pro_forma)
        self.guarantees[mark] = one
        before = self.guarantees.get(str(told.get("pro_forma", "")))
        assessed = before.loan if before and before.state == "afgegeven" else None
        outcome = decide(one.loan, self.clock.today(), assessed)
        if outcome != "by_hand":
            self.judge(mark, granted=outcome == "granted")

    def _end(self, message: Message) -> None:
        mark = message.told["reference"]
        self._known(mark).state = "beeindigd"
        self._tell(message.header, mark, self._known(mark).event)

    def _pay_out(self, message: Message) -> None:
        mark = message.told["reference"]
        one = self._known(mark)
        event = "uitbetaalverzoek afgewezen"
        if one.state == "afgegeven" and not one.pro_forma:
            one.state = "uitbetaald"
            event = one.event
        self._tell(message.header, mark, event)

    def _report(self, message: Message) -> None:
        self._known(message.told["reference"])
        self.reported[message.told["reference"]] = message.told

    def _known(self, mark: str) -> Guarantee:
        if mark not in self.guarantees:
            raise RecordError(f"Kenmerk is '{mark}'; daarvan is geen borgstelling bekend")
        return self.guarantees[mark]

    def _tell(self, asked: Header, mark: str, event: str) -> None:
        told = {
            "status": event,
            "reference": mark,
            "links": {"details_url": f"https://waarborgfonds.example/borgstellingen/{mark}"},
        }
        header = self._back(asked, f"{mark}:{event}")
        self._offer(header, compose(KNOWN[EVENT], header, {}, told))

    def _refuse(self, root: etree._Element, problems: list[str]) -> None:
        reference = root.findtext("Referentienummer") or ""
        talk = root.findtext("ConversatieReferentienummer") or reference
        asked = Header(self.us, self.fund, talk, reference, self.clock.today())
        header = self._back(asked, "fout")
        told = {"answers": reference, "code": "ONGELDIG", "problems": problems}
        self._offer(header, compose(KINDS[FAULT], header, {}, told))

    def _back(self, asked: Header, about: str) -> Header:
        number = str(uuid.uuid5(_SPACE, f"{asked.reference}:{about}"))
        return Header(self.fund, self.us, asked.conversation, number, self.clock.today())

    def _offer(self, header: Header, message: Message) -> None:
        self.offer(header.receiver, write_message(message), header.reference)


_CARRY_OUT: dict[str, Callable[[Fund, Message], None]] = {
    "guarantee_assessment": Fund._request,
    "guarantee_request": Fund._request,
    "guarantee_takeover": Fund._request,
    "guarantee_end": Fund._end,
    "guarantee_payout": Fund._pay_out,
    "guarantee_report": Fund._report,
}


def _mark(dossier: Dossier) -> str:
    return f"SK-{dossier.person.number}-1"


def _loan_of(dossier: Dossier) -> Tree:
    """Return a loan that pays the creditors of a dossier a tenth of what is open."""
    gross = max(50_000, sum(claim.open for claim in dossier.claims) // 10)
    return {
        "loan_sort": "SK",
        "category": CATEGORIES[0],
        "reference": _mark(dossier),
        "contact_email": "kredietbank@voorbeeldstad.example",
        "postcode_area": dossier.person.postcode[:4],
        "gross_loan": gross,
        "months": 36,
        "statistics": [{"code": "kredietdoel", "value": "sanering"}],
    }
