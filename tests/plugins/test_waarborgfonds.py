"""The guarantee fund for restructuring loans: its commands, its decisions and its events.

The commands, their limits and what the fund goes by are published (github.com/sbnnl/documentatie);
the tables of decisions below are its acceptance criteria.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from registers import TODAY, Town, claim, person

from hub.clock import FrozenClock
from hub.connector import Command, Context, PermanentError, RecordError
from hub.http import HubSession
from hub.testing.samples import AT_THE_EXCHANGE
from hub.testing.world import Dossier
from plugins.schuldenknooppunt.connector import CreditorConnector, ExchangeConnector
from plugins.schuldenknooppunt.faults import complaint_about, problems_of, read_raw
from plugins.schuldenknooppunt.messages import Header, compose, write_message
from plugins.waarborgfonds.connector import GuaranteeConnector
from plugins.waarborgfonds.decisions import Loan, decide
from plugins.waarborgfonds.kinds import COMMANDS, EVENT, KNOWN, kind_of
from plugins.waarborgfonds.simulator import Fund
from schemas import KINDS as SCHEMAS

BAD = Path(__file__).parent / "bad" / "waarborgfonds"
LOAN = AT_THE_EXCHANGE["guarantee_request"]
OTHER = "b7c1f0a8-55f0-4b7e-9f3a-0d3b4a5c6d70"


@pytest.fixture
def fund(tmp_path: Path) -> Iterator[Fund]:
    made = Fund(Town((Dossier(person(), claims=(claim(),)),)), tmp_path, FrozenClock(TODAY))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def bank(fund: Fund) -> GuaranteeConnector:
    return connector(fund)


def connector(fund: Fund, **change: str) -> GuaranteeConnector:
    (spec,) = fund.sources()
    settings = GuaranteeConnector.config().load({**spec.config, **change})
    return GuaranteeConnector(settings, Context(clock=fund.clock, http=HubSession()))


def order(kind: str, **change: Any) -> Command:
    told = {name: value for name, value in {**LOAN, **change}.items() if value is not None}
    return Command(kind, {"bsn": "999990019"}, told, datetime(2026, 11, 23, 11, tzinfo=UTC))


def give(bank: GuaranteeConnector, kind: str, **change: Any) -> str:
    """Send an order that must arrive; return its key."""
    key = str(uuid.uuid4())
    assert bank.send(order(kind, **change), key).outcome == "delivered"
    return key


def collected(bank: GuaranteeConnector) -> list[dict[str, Any]]:
    """Return what came back, confirmed, in the hub's own records."""
    found = []
    for batch in bank.read("messages", None):
        for record in batch.records:
            for fact in bank.parse("messages", record.raw):
                found.append(SCHEMAS[fact.kind].load(fact.data))
        assert batch.confirm is not None
        batch.confirm()
    return found


def states(bank: GuaranteeConnector) -> list[str]:
    return [one["status"] or one["text"] for one in collected(bank)]


# --- commands ----------------------------------------------------------------------------------


def test_the_six_commands_are_those_of_the_fund_alone() -> None:
    assert set(COMMANDS) == {
        "guarantee_assessment",
        "guarantee_request",
        "guarantee_takeover",
        "guarantee_end",
        "guarantee_payout",
        "guarantee_report",
    }
    assert not set(COMMANDS) & {*ExchangeConnector.commands, *CreditorConnector.commands}


@pytest.mark.parametrize("kind", sorted(COMMANDS))
def test_a_command_arrives_once_under_its_key(
    fund: Fund, bank: GuaranteeConnector, kind: str
) -> None:
    key = str(uuid.uuid4())
    for _ in range(2):
        receipt = bank.send(order(kind), key)
        assert receipt.outcome == "delivered"
        assert {fact.data["direction"] for fact in receipt.facts} == {"out"}
    assert fund.effects() == {key: 1}


@pytest.mark.parametrize("kind", sorted(COMMANDS))
def test_the_fund_hears_no_name_and_no_bsn(fund: Fund, bank: GuaranteeConnector, kind: str) -> None:
    key = give(bank, kind)
    assert b"999990019" not in fund.received[key]
    assert b"Klant" not in fund.received[key]


@pytest.mark.parametrize("kind", sorted(COMMANDS))
def test_a_command_comes_back_from_its_xml_whole(kind: str) -> None:
    header = Header(OTHER, OTHER, OTHER, "r1", TODAY)
    message = compose(COMMANDS[kind], header, {}, LOAN)
    raw = write_message(message)
    assert read_raw(raw, kind_of).told == message.told
    assert problems_of(raw, OTHER, kind_of) == []


#: What the fund does not take: the change, and what the person reads.
LIMITS: dict[str, tuple[dict[str, Any], str]] = {
    "61 months": ({"months": 61}, "Looptijd is '61'; verwacht 1 tot en met 60 maanden"),
    "no month": ({"months": 0}, "Looptijd is '0'; verwacht 1 tot en met 60 maanden"),
    "a whole postcode": ({"postcode_area": "9999AB"}, "PostcodeGebied is '9999AB'; verwacht vier"),
    "less than nothing": ({"gross_loan": -1}, "BrutoKredietsom is '-0.01'; verwacht een bedrag"),
    "no category": ({"category": None}, "ontbreekt nog: BorgstellingCategorie"),
    "no mail": ({"contact_email": None}, "ontbreekt nog: Contact"),
}


@pytest.mark.parametrize("name", LIMITS)
def test_what_does_not_fit_is_not_sent(fund: Fund, bank: GuaranteeConnector, name: str) -> None:
    change, sentence = LIMITS[name]
    with pytest.raises(PermanentError) as told:
        bank.send(order("guarantee_assessment", **change), str(uuid.uuid4()))
    assert sentence in told.value.user
    assert fund.received == {}


@pytest.mark.parametrize("months", [1, 60])
def test_the_limits_themselves_fit(bank: GuaranteeConnector, months: int) -> None:
    give(bank, "guarantee_assessment", months=months)


def test_our_own_number_is_not_that_of_the_fund(fund: Fund) -> None:
    steps = list(connector(fund, fund_id=fund.us).check())
    assert [step.ok for step in steps] == [False]
    assert "zijn gelijk" in steps[0].message
    assert all(step.ok for step in connector(fund).check())


# --- what the fund decides ---------------------------------------------------------------------

#: Gross loan (cents), months, when a loan that is taken over was paid out, and what becomes of it.
DECISIONS = [
    (499_999, 36, None, "granted"),
    (500_000, 36, None, "by_hand"),
    (999_999, 36, None, "by_hand"),
    (1_000_000, 36, None, "refused"),
    (499_999, 37, None, "by_hand"),
    (499_999, 36, date(2023, 11, 24), "granted"),
    (499_999, 36, date(2023, 11, 23), "refused"),
    (499_999, 36, date(2002, 1, 1), "refused"),
]


@pytest.mark.parametrize(("gross", "months", "paid_out_on", "outcome"), DECISIONS)
def test_the_fund_decides_by_its_criteria(
    gross: int, months: int, paid_out_on: date | None, outcome: str
) -> None:
    assert decide(Loan(gross, months, paid_out_on), TODAY) == outcome


#: What was granted pro forma (cents, months), what is asked now, and what becomes of it.
AFTER_PRO_FORMA = [
    (500_000, 36, 500_000, 36, "granted"),
    (500_000, 36, 524_900, 36, "granted"),
    (500_000, 36, 525_000, 36, "by_hand"),
    (600_000, 36, 570_000, 36, "by_hand"),
    (499_999, 36, 499_999, 35, "granted"),
    (499_999, 36, 499_999, 37, "by_hand"),
    (499_999, 37, 499_999, 36, "granted"),
]


@pytest.mark.parametrize(("before", "term", "gross", "months", "outcome"), AFTER_PRO_FORMA)
def test_what_was_granted_pro_forma_counts(
    before: int, term: int, gross: int, months: int, outcome: str
) -> None:
    assert decide(Loan(gross, months), TODAY, Loan(before, term)) == outcome


def test_a_small_loan_is_granted_at_once(bank: GuaranteeConnector) -> None:
    key = give(bank, "guarantee_request", gross_loan=499_999)
    (event,) = collected(bank)
    assert event["status"] == "borgstelling afgegeven"
    assert (event["conversation"], event["direction"]) == (key, "in")
    assert event["details"]["Kenmerk"] == LOAN["reference"]


def test_a_large_loan_waits_for_a_person(fund: Fund, bank: GuaranteeConnector) -> None:
    give(bank, "guarantee_request")
    assert collected(bank) == []
    fund.judge(LOAN["reference"], granted=False)
    assert states(bank) == ["borgstelling aanvraag afgewezen"]
    # Refused is not the end: a request that differs may follow.
    give(bank, "guarantee_request", gross_loan=499_999)
    assert states(bank) == ["borgstelling afgegeven"]


def test_a_second_request_about_a_running_loan_repeats_the_answer(
    fund: Fund, bank: GuaranteeConnector
) -> None:
    give(bank, "guarantee_request", gross_loan=499_999)
    give(bank, "guarantee_request", gross_loan=200_000)
    assert states(bank) == ["borgstelling afgegeven", "borgstelling afgegeven"]
    assert fund.guarantees[LOAN["reference"]].loan.gross == 499_999


def test_a_guarantee_that_was_assessed_before(bank: GuaranteeConnector, fund: Fund) -> None:
    give(bank, "guarantee_assessment", reference="k-0")
    fund.judge("k-0", granted=True)
    give(bank, "guarantee_request", pro_forma="k-0", gross_loan=524_900)
    assert states(bank) == ["pro-forma borgstelling afgegeven", "borgstelling afgegeven"]


def test_from_grant_to_payout(bank: GuaranteeConnector) -> None:
    give(bank, "guarantee_request", gross_loan=499_999)
    give(bank, "guarantee_report")
    give(bank, "guarantee_payout")
    give(bank, "guarantee_payout")
    assert states(bank) == [
        "borgstelling afgegeven",
        "borgstelling uitbetaald",
        "uitbetaalverzoek afgewezen",
    ]


def test_a_guarantee_ends_by_us_or_by_the_fund(fund: Fund, bank: GuaranteeConnector) -> None:
    give(bank, "guarantee_takeover", gross_loan=499_999, outstanding=200_000)
    give(bank, "guarantee_end")
    give(bank, "guarantee_request", gross_loan=499_999, reference="k-2")
    fund.withdraw("k-2")
    assert states(bank) == [
        "borgstelling afgegeven",
        "borgstelling beëindigd",
        "borgstelling afgegeven",
        "borgstelling ingetrokken",
    ]


def test_what_the_fund_cannot_use_comes_back_with_its_reason(bank: GuaranteeConnector) -> None:
    give(bank, "guarantee_request", category="-1")
    give(bank, "guarantee_payout", reference="nooit-gevraagd")
    assert states(bank) == [
        "BorgstellingCategorie is '-1'; die is niet bekend",
        "Kenmerk is 'nooit-gevraagd'; daarvan is geen borgstelling bekend",
    ]


def test_a_kind_that_is_not_published_is_kept_as_it_came(
    fund: Fund, bank: GuaranteeConnector
) -> None:
    """The fund asks for all running loans now and then; what that message is called is unknown."""
    header = Header(fund.fund, fund.us, str(uuid.uuid4()), "r1", TODAY)
    root = etree.fromstring(write_message(compose(KNOWN[EVENT], header, {}, {})))
    root.tag = "VraagOmAlles" * 8
    etree.SubElement(root, "Vanaf").text = "2026-10-01"
    fund.offer(fund.us, etree.tostring(root))
    (message,) = collected(bank)
    assert message["type"].startswith("Waarborgfonds: VraagOmAlles")
    assert message["details"]["_overig"] == [{"naam": "Vanaf", "tekst": "2026-10-01"}]
    assert fund.received == {}, "it is no fault, so nobody gets a Foutbericht"


# --- what cannot be used -----------------------------------------------------------------------

SENTENCES = {
    "afgebroken": ["Het bericht is geen geldige XML"],
    "zonder-kop": [
        "Verrassing.ConversatieReferentienummer ontbreekt",
        "Verrassing.Referentienummer ontbreekt",
        "Verrassing.Afzender ontbreekt",
        "Verrassing.Datum ontbreekt",
    ],
    "gebeurtenis-leeg": [
        "Gebeurtenis.Naam komt twee keer voor",
        "Gebeurtenis.Kenmerk ontbreekt",
        "Gebeurtenis.Links ontbreekt",
    ],
    "krediet": [
        "AanvraagBorgstelling.SoortLening is 'AUTO'; bekend zijn: PL, SK, SL",
        "AanvraagBorgstelling.Looptijd is 'drie jaar'; verwacht 1 tot en met 60 maanden",
        "AanvraagBorgstelling.BorgstellingCategorie ontbreekt",
        "AanvraagBorgstelling.Kenmerk ontbreekt",
        "AanvraagBorgstelling.Contact ontbreekt",
        "AanvraagBorgstelling.PostcodeGebied ontbreekt",
        "AanvraagBorgstelling.BrutoKredietsom ontbreekt",
        "AanvraagBorgstelling.Statistieken ontbreekt",
    ],
    "stand": [
        "VerwerkSaneringskredietenInformatie.Uitbetaaldatum is '1 mei'; verwacht een datum als "
        "2026-11-23",
        "VerwerkSaneringskredietenInformatie.Kredietsom.Bruto is '5.000,00'; verwacht een bedrag "
        "als 123.45",
        "VerwerkSaneringskredietenInformatie.Kredietsom.Netto ontbreekt",
        "VerwerkSaneringskredietenInformatie.Betalingen.LaatsteAflosdatum ontbreekt",
        "VerwerkSaneringskredietenInformatie.Betalingen.Aflossing ontbreekt",
        "VerwerkSaneringskredietenInformatie.Betalingen.Kredietvergoeding ontbreekt",
        "VerwerkSaneringskredietenInformatie.Betalingen.Vertragingsrente ontbreekt",
        "VerwerkSaneringskredietenInformatie.Betalingen.BoeteRente ontbreekt",
        "VerwerkSaneringskredietenInformatie.Betalingsregeling is 'soms'; verwacht Ja of Nee",
    ],
}


def test_every_wrong_message_has_its_sentence() -> None:
    assert {path.stem for path in BAD.glob("*.xml")} == set(SENTENCES)


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_a_wrong_message_says_everything_that_is_wrong(bank: GuaranteeConnector, name: str) -> None:
    raw = (BAD / f"{name}.xml").read_bytes()
    with pytest.raises(RecordError) as caught:
        list(bank.parse("messages", raw))
    assert caught.value.problems == SENTENCES[name]


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_a_wrong_message_is_answered_when_its_sender_is_known(name: str) -> None:
    raw = (BAD / f"{name}.xml").read_bytes()
    complaint = complaint_about(raw, "m1", OTHER, TODAY, kind_of)
    if name in ("afgebroken", "zonder-kop"):
        assert complaint is None
        return
    assert complaint is not None
    assert read_raw(complaint.raw).told["problems"] == SENTENCES[name]
