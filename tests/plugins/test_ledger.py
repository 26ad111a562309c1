"""The ledger over a real socket: two steps, every state, pages, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from registers import TODAY, Town, claim, person

from hub.clock import FrozenClock
from hub.connector import (
    ConfigError,
    Context,
    Fact,
    PermanentError,
    RecordError,
    TransientError,
)
from hub.http import HubSession
from hub.testing.world import Dossier
from plugins.ledger.connector import LedgerConnector, Settings
from plugins.ledger.odata import partners, read_page
from plugins.ledger.simulator import LedgerSystem, bill, handed_over
from plugins.ledger.states import STATES, Bill, state_of
from schemas import KINDS, ValidationError

MINE, PARTNER = "999990019", "10000000"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[LedgerSystem]:
    made = LedgerSystem(Town((Dossier(person(), claims=(claim(),)),)), tmp_path, FrozenClock(TODAY))
    made.start()
    yield made
    made.stop()


def connect(ledger: LedgerSystem, *bsns: str, **changed: Any) -> LedgerConnector:
    (spec,) = ledger.sources()
    context = Context(
        clock=ledger.clock,
        http=HubSession(),
        owner="stad",
        pseudonym=lambda bsn: f"p-{bsn[-3:]}",
        people=lambda: iter([{"bsn": bsn, "id": bsn[-2:]} for bsn in bsns or (MINE,)]),
    )
    return LedgerConnector(Settings().load({**spec.config, **changed}), context)


def facts(connector: LedgerConnector) -> list[Fact]:
    found = [
        fact
        for batch in connector.read("bills", None)
        for record in batch.records
        if not record.deleted
        for fact in connector.parse("bills", record.raw)
    ]
    for fact in found:
        KINDS[fact.kind].load(fact.data)
    return found


def statement(ledger: LedgerSystem, *bills: dict[str, Any]) -> dict[str, Any]:
    """What the first of these bills says."""
    ledger.bills[PARTNER] = list(bills)
    found = (one for one in facts(connect(ledger)) if one.kind == "claim_statement")
    return next(one.data for one in found if one.key == f"doc{bills[0]['AccountingDocument']}")


# --- states ------------------------------------------------------------------------------------

CLEARED = {"IsCleared": True}
CASES: list[tuple[dict[str, Any], str, str, int]] = [
    ({}, "open", "aanslag", 4200),
    ({"DunningBlockingReason": "A"}, "in geschil", "aanslag", 4200),
    ({"DunningBlockingReason": "A", "DunningLevel": 2}, "in geschil", "herinnering", 4200),
    ({"DunningBlockingReason": "A", "ReverseDocument": "R"}, "in geschil", "aanslag", 4200),
    ({"ReverseDocument": "R"}, "geannuleerd", "voldaan", 0),
    ({**CLEARED, "ReverseDocument": "R", "DunningLevel": "1"}, "geannuleerd", "voldaan", 0),
    ({**CLEARED, "DunningLevel": 3}, "overgedragen", "overgedragen", 0),
    ({"DunningLevel": "1"}, "herinnerd", "herinnering", 4200),
    ({"DunningLevel": "2", "SEPAMandate": "M"}, "herinnerd", "herinnering", 4200),
    ({"DunningLevel": "3"}, "open", "herinnering", 4200),
    ({"PaymentTerms": "B010"}, "in termijnen", "aanslag", 4200),
    ({"PaymentTerms": "0005"}, "in termijnen", "aanslag", 4200),
    ({"PaymentTerms": "B002"}, "open", "aanslag", 4200),
    ({"SEPAMandate": "M", "PaymentMethod": "D"}, "automatische incasso", "aanslag", 4200),
    ({"SEPAMandate": "M", "PaymentMethod": "B"}, "open", "aanslag", 4200),
    ({"PaymentMethod": "B", "Paylink": None}, "zelf betalen", "aanslag", 4200),
    (CLEARED, "betaald", "voldaan", 0),
    ({**CLEARED, "SEPAMandate": "M"}, "automatische incasso", "voldaan", 0),
]


@pytest.mark.parametrize(("fields", "state", "stage", "cents"), CASES)
def test_the_first_rule_that_fits_decides(
    ledger: LedgerSystem, fields: dict[str, Any], state: str, stage: str, cents: int
) -> None:
    told = statement(ledger, bill("1800000001", 4200, **fields))
    assert (told["details"]["toestand"], told["stage"], told["open"]) == (state, stage, cents)


def test_every_state_is_reached_by_a_case() -> None:
    reached = {state for _, state, _, _ in CASES} | {"teruggave", "deels betaald"}
    assert reached == {one.name for one in STATES}


def test_a_bill_always_has_a_state() -> None:
    plain = Bill(1, 0, False, 0, False, False, False, "", "", False, True)
    for cleared in (False, True):
        for level in range(5):
            assert state_of(replace(plain, cleared=cleared, level=level)).name


def test_a_bill_handed_over_is_not_lost_and_not_counted_twice(ledger: LedgerSystem) -> None:
    far = handed_over(claim("2026-7", 30000))
    told = statement(ledger, far)
    assert (told["reference"], told["principal"], told["open"]) == ("2026-7", 30000, 0)
    assert (told["stage"], told["transferred_to"]) == ("overgedragen", "belastingen")
    events = {f.data["kind"]: f.data["amount"] for f in facts(connect(ledger)) if "kind" in f.data}
    assert events == {"opgelegd": 30000, "overgedragen": -30000}


def test_a_refund_is_negative_until_it_is_paid(ledger: LedgerSystem) -> None:
    refund = bill("1800000002", -2550, AccountingDocumentType="DG")
    told = statement(ledger, refund)
    assert (told["open"], told["details"]["toestand"]) == (-2550, "teruggave")
    assert statement(ledger, {**refund, **CLEARED, "ClearingDate": "2026-05-01"})["open"] == 0


def test_a_part_payment_is_taken_off_its_bill_and_is_a_payment(ledger: LedgerSystem) -> None:
    part = {"AccountingDocumentType": "AB", "InvoiceReference": "1800000003"}
    told = statement(ledger, bill("1800000003", 10000), bill("1800000009", -2501, **part))
    assert (told["open"], told["paid"], told["details"]["toestand"]) == (
        7499,
        2501,
        "deels betaald",
    )
    (payment,) = (one for one in facts(connect(ledger)) if one.kind == "payment")
    assert (payment.data["claim"], payment.data["amount"]) == ("doc1800000003", 2501)


def test_a_part_payment_of_an_unknown_bill_is_money_to_give_back(ledger: LedgerSystem) -> None:
    part = {"AccountingDocumentType": "AB", "InvoiceReference": "1700000000"}
    assert statement(ledger, bill("1800000009", -2501, **part))["open"] == -2501


def in_terms(*days: str, **cleared: Any) -> list[dict[str, Any]]:
    """A bill that is asked for in terms of 25 euros, the first of which is cleared as told."""
    terms = [bill("1800000004", 2500, NetDueDate=day, PaymentTerms="B003") for day in days]
    return [terms[0] | cleared, *terms[1:]]


def test_a_bill_in_terms_is_one_claim_with_what_is_left_of_it(ledger: LedgerSystem) -> None:
    paid = {"IsCleared": True, "ClearingDate": "2026-02-03"}
    told = statement(ledger, *in_terms("2026-02-01", "2026-04-01", "2026-03-01", **paid))
    assert (told["principal"], told["paid"], told["open"]) == (7500, 2500, 5000)
    assert told["due_on"] == "2026-03-01", "the first that is still owed"
    assert len(told["details"]["termijnen"]) == 3
    found = facts(connect(ledger))
    assert [one.kind for one in found] == ["claim_statement", "claim_event", "payment"]
    assert (found[2].data["on"], found[2].data["amount"]) == ("2026-02-03", 2500)


def test_a_bill_in_terms_that_are_all_paid_is_paid(ledger: LedgerSystem) -> None:
    terms = [one | CLEARED for one in in_terms("2026-02-01", "2026-03-01")]
    told = statement(ledger, *terms)
    assert (told["stage"], told["paid"], told["open"]) == ("voldaan", 5000, 0)


def test_a_term_that_was_handed_over_is_owed_elsewhere_and_not_paid(ledger: LedgerSystem) -> None:
    far = {"IsCleared": True, "DunningLevel": "3", "ClearingDate": "2026-05-01"}
    assert statement(ledger, *in_terms("2026-02-01", "2026-03-01", **far))["open"] == 2500
    found = facts(connect(ledger))
    assert {f.data["kind"]: f.data["amount"] for f in found if "kind" in f.data} == {
        "opgelegd": 5000,
        "overgedragen": -2500,
    }
    assert not [one for one in found if one.kind == "payment"]


# --- reading -----------------------------------------------------------------------------------


def test_who_the_ledger_does_not_know_owes_nothing_there(ledger: LedgerSystem) -> None:
    (batch,) = connect(ledger, MINE, "999990032").read("bills", None)
    assert [(one.key, one.deleted) for one in batch.records] == [("p-019", False), ("p-032", True)]
    assert batch.caught_up


@pytest.mark.parametrize("shape", ["feed", "d", "value"])
@pytest.mark.parametrize("links", [False, True])
@pytest.mark.parametrize("counts", [False, True])
@pytest.mark.parametrize("number", [0, 1, 4, 5, 11])
def test_all_pages_are_read_however_the_ledger_pages(
    ledger: LedgerSystem, shape: str, links: bool, counts: bool, number: int
) -> None:
    ledger.shape, ledger.links, ledger.counts = shape, links, counts
    ledger.bills[PARTNER] = [bill(f"18{at:08}", 100 + at) for at in range(number)]
    found = [one for one in facts(connect(ledger, page_size=4)) if one.kind == "claim_statement"]
    assert sorted(one.data["open"] for one in found) == [100 + at for at in range(number)]


def test_a_server_that_gives_less_at_a_time_than_asked_is_followed(ledger: LedgerSystem) -> None:
    ledger.most = 3
    ledger.bills[PARTNER] = [bill(f"18{at:08}", 100) for at in range(8)]
    found = [one for one in facts(connect(ledger)) if one.kind == "claim_statement"]
    assert len(found) == 8


def test_a_second_read_is_the_same_to_the_byte_whatever_the_order(ledger: LedgerSystem) -> None:
    ledger.bills[PARTNER] = [bill(f"18{at:08}", 100) for at in range(5)]
    (first,) = connect(ledger).read("bills", None)
    ledger.bills[PARTNER].reverse()
    (second,) = connect(ledger, page_size=2).read("bills", None)
    assert first.records == second.records


def test_a_count_that_is_not_reached_is_tried_again(
    ledger: LedgerSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    shaped = ledger._shaped
    monkeypatch.setattr(ledger, "_shaped", lambda page, total, link: shaped([], 3, ""))
    with pytest.raises(TransientError) as caught:
        facts(connect(ledger))
    assert caught.value.user == (
        "Het grootboek noemt 3 documenten en gaf er 0. Er is niets gewijzigd. De hub probeert het "
        "later opnieuw."
    )


MOVED = (
    "De facturen in het grootboek veranderden tijdens het lezen. Er is niets gewijzigd. De hub "
    "probeert het later opnieuw."
)


def once(ledger: LedgerSystem, change: Callable[[], None]) -> None:
    """Let something happen in the ledger after its next answer, and never again."""

    def happen() -> None:
        ledger.meanwhile = lambda: None
        change()

    ledger.meanwhile = happen


def clear(one: dict[str, Any]) -> None:
    one |= {"IsCleared": True, "ClearingDate": "2026-05-01T00:00:00"}


@pytest.mark.parametrize("counts", [False, True])
@pytest.mark.parametrize("links", [False, True])
@pytest.mark.parametrize("what", ["cleared", "new", "both"])
def test_a_ledger_that_changes_between_pages_loses_and_doubles_nothing(
    ledger: LedgerSystem, what: str, links: bool, counts: bool
) -> None:
    ledger.links, ledger.counts = links, counts
    bills = ledger.bills[PARTNER] = [bill(f"18{at:08}", 100 + at) for at in range(1, 8)]

    def change() -> None:
        if what in ("cleared", "both"):
            clear(bills[0])
        if what in ("new", "both"):
            bills.append(bill("1800000000", 100))

    once(ledger, change)
    found = [one for one in facts(connect(ledger, page_size=3)) if one.kind == "claim_statement"]
    told = {one.key: one.data["open"] for one in found}
    assert len(told) == len(found)
    still = {f"doc{one['AccountingDocument']}" for one in bills} - {"doc1800000000"}
    assert set(told) >= still
    assert told["doc1800000001"] == (101 if what == "new" else 0)


def test_a_bill_that_is_cleared_between_two_questions_is_told_once(ledger: LedgerSystem) -> None:
    bills = ledger.bills[PARTNER] = [bill("1800000001", 4200)]
    once(ledger, lambda: clear(bills[0]))
    (told,) = (one.data for one in facts(connect(ledger)) if one.kind == "claim_statement")
    assert (told["open"], told["stage"]) == (0, "voldaan")


def test_a_ledger_that_never_rests_is_tried_again_later(ledger: LedgerSystem) -> None:
    bills = ledger.bills[PARTNER] = [bill(f"18{at:08}", 100) for at in range(1, 5)]
    ledger.meanwhile = lambda: bills.append(bill(f"17{len(bills):08}", 100))
    with pytest.raises(TransientError) as caught:
        facts(connect(ledger, page_size=2))
    assert caught.value.user == MOVED


def test_a_ledger_that_counts_nothing_and_gives_less_than_asked_is_followed(
    ledger: LedgerSystem,
) -> None:
    ledger.counts, ledger.most = False, 3
    ledger.bills[PARTNER] = [bill(f"18{at:08}", 100) for at in range(8)]
    found = [one for one in facts(connect(ledger)) if one.kind == "claim_statement"]
    assert len(found) == 8


def test_a_ledger_that_cannot_skip_gave_all_or_is_told(ledger: LedgerSystem) -> None:
    ledger.counts = ledger.skips = False
    ledger.bills[PARTNER] = [bill(f"18{at:08}", 100) for at in range(3)]
    assert len([one for one in facts(connect(ledger)) if one.kind == "claim_statement"]) == 3
    with pytest.raises(PermanentError) as caught:
        facts(connect(ledger, page_size=3))
    assert caught.value.user == (
        "Het grootboek geeft steeds dezelfde bladzijde. Er is niets gewijzigd. Verhoog het aantal "
        "facturen per bladzijde in de instellingen."
    )


def test_a_service_of_odata_4_is_asked_in_its_own_words(ledger: LedgerSystem) -> None:
    ledger.version, ledger.shape = "4", "value"
    ledger.bills[PARTNER] = [bill(f"18{at:08}", 100) for at in range(5)]
    connector = connect(ledger, odata_version="4", page_size=2)
    assert len([one for one in facts(connector) if one.kind == "claim_statement"]) == 5
    with pytest.raises(ConfigError) as caught:
        list(connect(ledger).check())
    assert caught.value.user == (
        "Het grootboek begrijpt de vraag naar facturen niet (HTTP 400). De dienst kent een veld, "
        "een documentsoort of een teloptie niet. Controleer het pad van facturen, de "
        "documentsoorten en de versie van OData."
    )


def test_a_link_to_another_server_is_not_followed(
    ledger: LedgerSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    shaped = ledger._shaped
    away = "http://elders.example/meer"
    monkeypatch.setattr(ledger, "_shaped", lambda page, total, link: shaped(page, total, away))
    with pytest.raises(PermanentError) as caught:
        facts(connect(ledger))
    assert caught.value.user == (
        "Het grootboek verwijst voor de volgende bladzijde naar een andere server. Er is niets "
        "gewijzigd."
    )


def test_a_link_in_a_circle_ends(ledger: LedgerSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    shaped = ledger._shaped
    monkeypatch.setattr("plugins.ledger.odata.MOST_PAGES", 5)
    monkeypatch.setattr(ledger, "_shaped", lambda page, total, link: shaped(page, total, "?x=1"))
    with pytest.raises(PermanentError, match="pages without end"):
        facts(connect(ledger))


# --- who ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (b'{"Record": {"BSN": 999990019, "Gevonden": "Ja", "Zakenpartnernummer": "7"}}', ["7"]),
        (b'{"BSN": "999990019", "Gevonden": "Ja", "Zakenpartnernummer": 7}', ["7"]),
        (
            b'{"Record": [{"Gevonden": "Nee"}, {"Gevonden": "Ja", "Zakenpartnernummer": "7"}]}',
            ["7"],
        ),
        (b'{"Record": {"Gevonden": "Nee"}}', []),
        (
            b'{"Record": [{"Gevonden": "Ja", "Zakenpartnernummer": "7"}, '
            b'{"Gevonden": "Ja", "Zakenpartnernummer": 7}]}',
            ["7"],
        ),
    ],
)
def test_the_partner_number_is_found_in_each_form(answer: bytes, found: list[str]) -> None:
    assert partners(answer, MINE) == found


def test_a_bsn_that_lost_its_zero_is_still_the_same() -> None:
    told = b'{"BSN": 12345678, "Gevonden": "Ja", "Zakenpartnernummer": "7"}'
    assert partners(told, "012345678") == ["7"]


def test_an_answer_about_another_person_is_refused() -> None:
    told = b'{"BSN": 999990020, "Gevonden": "Ja", "Zakenpartnernummer": "7"}'
    with pytest.raises(PermanentError) as caught:
        partners(told, MINE)
    assert caught.value.user == (
        "Het grootboek gaf de gegevens van een ander dan gevraagd. Er is niets gewijzigd. Vraag de "
        "beheerder van het grootboek om dit na te kijken."
    )


@pytest.mark.parametrize(
    "answer",
    [
        b"[]",
        b"{}",
        b'{"Record": "x"}',
        b'{"Record": {"Gevonden": "?"}}',
        b'{"Gevonden": "Ja", "Zakenpartnernummer": "7\' or \'1"}',
    ],
)
def test_another_form_of_answer_is_told(answer: bytes) -> None:
    with pytest.raises(PermanentError) as caught:
        partners(answer, MINE)
    assert caught.value.user == (
        "Het antwoord van het grootboek heeft niet de verwachte vorm. Er is niets gewijzigd. "
        "Controleer het adres en de paden in de instellingen."
    )


def test_an_empty_answer_does_not_say_that_somebody_owes_nothing(ledger: LedgerSystem) -> None:
    with pytest.raises(PermanentError) as caught:
        partners(b" ", MINE)
    assert caught.value.user == (
        "Het grootboek gaf een leeg antwoord op de vraag wie iemand is. Er is niets gewijzigd. Een "
        "leeg antwoord zegt niet dat iemand niets heeft. Vraag de beheerder van het grootboek om "
        "dit na te kijken."
    )


@pytest.mark.parametrize(
    "answer", [b"[]", b"{}", b'{"feed": 1}', b'{"d": []}', b'{"value": {}}', b'{"value": [1]}']
)
def test_another_form_of_page_is_told(answer: bytes) -> None:
    with pytest.raises(PermanentError, match="another shape"):
        read_page(answer)


# --- records that cannot be used ---------------------------------------------------------------

BAD = Path(__file__).parent / "bad" / "ledger"
SENTENCES = {
    "amount": "factuur[1].AmountInBalanceTransacCrcy is '12,34'; verwacht euro's als 12.34",
    "third-decimal": "factuur[1].AmountInBalanceTransacCrcy is '12.345'; verwacht hele centen",
    "infinite": "factuur[1].AmountInBalanceTransacCrcy is 'Infinity'; verwacht euro's als 12.34",
    "underscore": "factuur[1].AmountInBalanceTransacCrcy is '1_200.00'; verwacht euro's als 12.34",
    "cleared": "factuur[1].IsCleared is 'misschien'; verwacht true of false",
    "date": "factuur[2].NetDueDate is '31-12-2026'; verwacht een datum",
    "level": "factuur[1].DunningLevel is 'hoog'; verwacht een geheel getal",
    "two-faults": "factuur[1].AccountingDocument ontbreekt; "
    "factuur[1].AmountInBalanceTransacCrcy is ''; verwacht euro's als 12.34",
    "shape": "Het record is geen lijst van facturen van een persoon",
    "broken": "Het record is geen leesbare JSON",
}


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_a_wrong_record_is_refused_in_words(ledger: LedgerSystem, name: str) -> None:
    with pytest.raises(RecordError) as caught:
        list(connect(ledger).parse("bills", (BAD / f"{name}.json").read_bytes()))
    assert caught.value.user == SENTENCES[name]
    assert MINE not in caught.value.user


def test_every_wrong_record_is_in_the_table() -> None:
    assert {one.stem for one in BAD.glob("*.json")} == set(SENTENCES)


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ("2026-12-31T00:00:00", "2026-12-31"),
        ("2026-12-31", "2026-12-31"),
        ("/Date(1798675200000)/", "2026-12-31"),
        ("/Date(1798675200000+0060)/", "2026-12-31"),
        ("/Date(1798758000000)/", "2027-01-01"),
        ("2026-12-31T00:00:00Z", "2026-12-31"),
        ("2026-12-31T23:00:00Z", "2027-01-01"),
        ("2026-12-31T00:00:00.0000000", "2026-12-31"),
        ("00000000", None),
        (None, None),
    ],
)
def test_a_day_comes_in_each_form(ledger: LedgerSystem, told: str | None, day: str | None) -> None:
    assert statement(ledger, bill("1800000001", 1, NetDueDate=told))["due_on"] == day


# --- the connection test -----------------------------------------------------------------------


def test_the_connection_test_says_what_the_ledger_does(ledger: LedgerSystem) -> None:
    steps = list(connect(ledger).check())
    assert all(step.ok for step in steps)
    assert [step.message for step in steps[-2:]] == [
        "Het grootboek zoekt iemand op via het BSN.",
        "De facturen zijn leesbaar; het grootboek noemt het aantal.",
    ]
    ledger.counts = False
    assert list(connect(ledger).check())[-1].message.endswith("noemt geen aantal.")


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"password": "fout"}, "weigert de toegang (HTTP 401)"),
        ({"partner_path": "/niets"}, "kent dit adres niet (HTTP 404)"),
        ({"items_path": "/niets"}, "kent dit adres niet (HTTP 404)"),
    ],
)
def test_the_connection_test_explains_what_is_wrong(
    ledger: LedgerSystem, changed: dict[str, Any], text: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        list(connect(ledger, **changed).check())
    assert text in caught.value.user


def test_a_document_type_cannot_be_a_bill_and_a_payment(ledger: LedgerSystem) -> None:
    with pytest.raises(ValidationError, match="AB, DR staat ook bij de facturen"):
        connect(ledger, bill_types="DR,AB", part_types="AB,DR")


def test_a_wrong_password_is_a_setting_to_mend(ledger: LedgerSystem) -> None:
    with pytest.raises(ConfigError, match="401"):
        facts(connect(ledger, password="fout"))


def test_no_address_holds_a_bsn(ledger: LedgerSystem) -> None:
    from flask import request

    seen: list[str] = []
    ledger._web.before_request(lambda: seen.append(request.url))
    facts(connect(ledger))
    assert len(seen) == 4
    assert not any(MINE in one for one in seen)
