"""The messages of the Schuldenknooppunt: read and written without loss, refused in words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from registers import STAD, TODAY

from hub.connector import Command, Connector, Context, Fact, RecordError
from hub.testing.samples import AT_THE_EXCHANGE
from plugins.schuldenknooppunt.connector import CreditorConnector, ExchangeConnector
from plugins.schuldenknooppunt.elements import Element
from plugins.schuldenknooppunt.facts import facts_of
from plugins.schuldenknooppunt.faults import complaint_about, problems_of, read_raw
from plugins.schuldenknooppunt.kinds import BY_COMMAND, FIELDS, KINDS
from plugins.schuldenknooppunt.messages import Header, Message, compose, write_message
from schemas import KINDS as SCHEMAS

BAD = Path(__file__).parent / "bad" / "schuldenknooppunt"

KEY = "0d5d1f5e-3a54-4b6e-9c79-7f6f0f5b8e11"
OTHER = "b7c1f0a8-55f0-4b7e-9f3a-0d3b4a5c6d70"
HEADER = Header(STAD.skp_id, OTHER, KEY, "r1", TODAY)

PERSON = {
    "bsn": "999990019",
    "gender": "V",
    "initials": "A.B.",
    "first_names": "Anna Berta",
    "prefix": "van",
    "surname": "Proef",
    "birth_date": "1980-05-01",
    "street": "Schijnstraat",
    "house_number": "1",
    "addition": "A2",
    "postcode": "9999 XX",
    "city": "Voorbeeldstad",
}

#: A text for every kind of element.
SAMPLE = {
    "text": "tekst",
    "date": "2026-11-02",
    "amount": "1234.50",
    "percentage": "12.345",
    "number": "12",
    "flag": "Ja",
}


BY_NAME = {
    "PostcodeGebied": "9999",
    "Burgerservicenummer": "999990019",
    "Geboortedatum": "1980-05-01",
    "Postcode": "9999XX",
}


def fill(parent: etree._Element, elements: tuple[Element, ...], but: str = "") -> None:
    """Put a value in every element, in the order of the table."""
    for one in elements:
        if one.name == but:
            continue
        child = etree.SubElement(parent, one.name)
        if one.kind == "group":
            fill(child, one.parts)
        elif one.kind == "list":
            for _ in range(2):
                fill(etree.SubElement(child, one.row), one.parts)
        elif one.kind == "texts":
            for text in ("een", "twee"):
                etree.SubElement(child, one.row).text = text
        else:
            child.text = BY_NAME.get(one.name) or (one.choices or (SAMPLE.get(one.kind),))[0]


def full(name: str) -> etree._Element:
    """A message of this kind in which everything is told."""
    kind = KINDS[name]
    root = etree.Element(name)
    values = (KEY, "r1", STAD.skp_id, OTHER, "2026-11-20")
    heads = ("ConversatieReferentienummer", "Referentienummer", "Afzender", "Ontvanger", "Datum")
    for head, value in zip(heads, values, strict=True):
        etree.SubElement(root, head).text = value
    fill(root, kind.elements, "Adres" if name.startswith("Kennisgeving") and kind.opens else "")
    if name == "SaldoverzoekAntwoordInventarisatie":
        unmatched = root.find("OngematchteSchulden")
        assert unmatched is not None
        unmatched.remove(unmatched[0])
    later = etree.SubElement(root, "{urn:later}VanLater", soort="nieuw")
    etree.SubElement(later, "Deel").text = "ongewijzigd"
    return root


def with_bsn(name: str) -> bool:
    return name == "KennisgevingPubliek"


def connector(kind: type[Connector] = ExchangeConnector) -> Connector:
    files = dict.fromkeys(("ca_file", "certificate_file", "key_file"), "x")
    settings = kind.config().load(
        {"url": "https://localhost/skp", "organisation_id": OTHER, **files}
    )
    return kind(settings, Context())


def by_kind(facts: Any) -> dict[str, Fact]:
    return {one.kind: one for one in facts}


# --- round trips -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(KINDS))
def test_what_is_read_is_written_again(name: str) -> None:
    """From XML through the hub's own record to XML: every element, also those of a later year."""
    root = full(name)
    message = read_raw(etree.tostring(root))
    facts = by_kind(facts_of(message, OTHER))
    told = SCHEMAS["message"].load(facts["message"].data)
    person = {name: value for name, value in (told["person"] or {}).items() if value}
    again = Message(
        message.kind,
        Header(STAD.skp_id, OTHER, told["conversation"], told["reference"], told["sent_on"]),
        person,
        told["details"],
    )
    written = etree.fromstring(write_message(again))
    if not with_bsn(name):
        for client in root.iter("Burgerservicenummer"):
            client.getparent().remove(client)  # type: ignore[union-attr]
    assert etree.tostring(written, method="c14n") == etree.tostring(root, method="c14n")


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_kind_gives_facts_that_satisfy_their_schemas(name: str) -> None:
    assert problems_of(etree.tostring(full(name)), OTHER) == []


@pytest.mark.parametrize("command", sorted(BY_COMMAND))
def test_what_the_hub_tells_comes_back_in_its_own_words(command: str) -> None:
    kind = BY_COMMAND[command]
    data = AT_THE_EXCHANGE.get(command, {"client_number": "c1", "references": ["1"]})
    message = compose(kind, HEADER, PERSON, {**data, "contact": {"name": "Ans"}})
    back = read_raw(write_message(message))
    assert back.told == message.told
    for name in ("client_number", "reference", "claims", "months", "accepted"):
        if name in back.told and name in data:
            known = back.told[name]
            if name == "claims":
                known, sent = known[0]["reference"], data[name][0]["reference"]
                assert known == sent
            else:
                assert known == data[name]


def test_only_a_notice_to_a_public_creditor_carries_a_bsn() -> None:
    for name, kind in KINDS.items():
        raw = write_message(compose(kind, HEADER, PERSON, {}))
        assert (b"999990019" in raw) == with_bsn(name)


def test_a_house_letter_is_told_apart_again() -> None:
    raw = (
        b"<Kennisgeving><Adreskeuze><Huisnummer>1</Huisnummer><Huisletter>A</Huisletter>"
        b"<Huisnummertoevoeging>2</Huisnummertoevoeging></Adreskeuze></Kennisgeving>"
    )
    root = etree.fromstring(raw)
    for name, value in zip(
        ("ConversatieReferentienummer", "Referentienummer", "Afzender", "Datum"),
        (KEY, "r1", STAD.skp_id, "2026-11-20"),
        strict=True,
    ):
        etree.SubElement(root, name).text = value
    message = read_raw(etree.tostring(root))
    assert (message.person["house_number"], message.person["addition"]) == ("1", "A2")
    written = etree.fromstring(write_message(message))
    assert written.findtext("Adreskeuze/Huisletter") == "A"
    assert written.findtext("Adreskeuze/Huisnummertoevoeging") == "2"


def test_a_bsn_under_another_name_stays_out_of_the_details() -> None:
    root = full("StatusberichtSE")
    etree.SubElement(root, "BSNPartner").text = "999990019"
    etree.SubElement(etree.SubElement(root, "Later"), "BSN").text = "999990019"
    (fact,) = facts_of(read_raw(etree.tostring(root)), OTHER)
    assert "999990019" not in str(fact.data["details"])


def test_a_document_inside_a_message_is_told_by_its_length() -> None:
    root = full("StatusberichtSE")
    etree.SubElement(root, "Toestemmingsverklaring").text = "x" * 100_000
    (fact,) = facts_of(read_raw(etree.tostring(root)), OTHER)
    assert {"naam": "Toestemmingsverklaring", "tekens": 100_000} in fact.data["details"]["_overig"]


def test_what_has_another_form_than_we_infer_is_written_as_it_came() -> None:
    """Names of rows, attributes and a namespace are not public; none of them is lost."""
    raw = (
        '<s:Saldoverzoek xmlns:s="urn:schema" versie="2.0">'
        f"<s:ConversatieReferentienummer>{KEY}</s:ConversatieReferentienummer>"
        f"<s:Referentienummer>r1</s:Referentienummer><s:Afzender>{STAD.skp_id}</s:Afzender>"
        f"<s:Ontvanger>{OTHER}</s:Ontvanger><s:Datum>2026-11-20</s:Datum>"
        '<s:KlantnummerSHV soort="intern">k1</s:KlantnummerSHV>'
        "<s:Klant><s:Achternaam>Proef</s:Achternaam></s:Klant>"
        "<s:Vorderingen><s:FactuurnummerSEVolgensSHV>1</s:FactuurnummerSEVolgensSHV>"
        "<s:Aantal>2</s:Aantal><s:Vordering><s:FactuurnummerSEVolgensSHV>2"
        "</s:FactuurnummerSEVolgensSHV></s:Vordering></s:Vorderingen>"
        '<o:Klant xmlns:o="urn:other"><o:Iets>anders</o:Iets></o:Klant>'
        "</s:Saldoverzoek>"
    )
    message = read_raw(raw.encode())
    assert message.person["surname"] == "Proef"
    assert message.told["references"] == ["1", "2"]
    assert shape(etree.fromstring(write_message(message))) == shape(etree.fromstring(raw))


def shape(element: etree._Element) -> tuple[Any, ...]:
    """What an element is, whatever prefixes it is written with."""
    parts = tuple(map(shape, element.iterchildren(etree.Element)))
    return str(element.tag), element.text, dict(element.attrib), parts


def test_rows_of_claims_may_carry_another_name() -> None:
    root = full("SaldoverzoekAntwoord")
    claims = root.find("Vorderingen")
    assert claims is not None
    for row in claims:
        row.tag = "OpenstaandeVordering"
    message = read_raw(etree.tostring(root))
    assert len(message.told["claims"]) == 2
    written = etree.fromstring(write_message(message))
    assert len(written.findall("Vorderingen/OpenstaandeVordering")) == 2


def test_a_declared_text_that_has_parts_is_kept_with_its_parts() -> None:
    root = full("GeenMedewerking")
    reason = root.find("Reden")
    assert reason is not None
    reason.text = None
    etree.SubElement(reason, "Code").text = "KO"
    message = read_raw(etree.tostring(root))
    assert "reason" not in message.told
    assert etree.fromstring(write_message(message)).findtext("Reden/Code") == "KO"


def test_a_number_in_capitals_is_the_same_number() -> None:
    root = full("Saldoverzoek")
    for name in ("ConversatieReferentienummer", "Ontvanger", "Afzender"):
        one = root.find(name)
        assert one is not None
        one.text = str(one.text).upper()
    facts = by_kind(facts_of(read_raw(etree.tostring(root)), OTHER))
    told = facts["balance_request"].data
    assert (told["conversation"], told["party"], told["direction"]) == (KEY, STAD.skp_id, "in")


def test_a_notice_is_answered_by_a_contact_of_the_creditor_with_its_own_invoices() -> None:
    told = {"contact": {"name": "Ans"}, "references": ["2026-1"]}
    raw = write_message(compose(KINDS["KennisgevingAntwoord"], HEADER, {}, told))
    root = etree.fromstring(raw)
    assert root.findtext("Contactpersoon/Naam") == "Ans"
    assert root.findtext("Vorderingen/FactuurnummerSE") == "2026-1"


def test_a_day_and_a_flag_may_be_written_as_schemas_allow() -> None:
    root = full("BetaalvoorstelAntwoord")
    for name, value in (("Akkoord", "1"), ("Datum", "2026-11-20+01:00")):
        one = root.find(name)
        assert one is not None
        one.text = value
    message = read_raw(etree.tostring(root))
    assert (message.told["accepted"], message.header.on) == (True, date(2026, 11, 20))


# --- what a message means ----------------------------------------------------------------------


def test_an_agreed_arrangement_is_told_with_its_sums() -> None:
    claims = [
        {"reference": "1", "percentage": 1250, "amount": 1250, "claim_amount": 10_000},
        {"reference": "2", "percentage": 1250, "amount": 2500, "claim_amount": 20_000},
    ]
    told = {"kind": "SK", "on": date(2026, 11, 2), "claims": claims}
    message = compose(KINDS["SchuldregelingAkkoord"], HEADER, PERSON, told)
    data = SCHEMAS["arrangement"].load(by_kind(facts_of(message, OTHER))["arrangement"].data)
    assert (data["status"], data["kind"], data["on"]) == ("akkoord", "SK", date(2026, 11, 2))
    assert (data["percentage"], data["amount"], data["claim_amount"]) == (1250, 3750, 30_000)


@pytest.mark.parametrize(("accepted", "status"), [(True, "akkoord"), (False, "geweigerd")])
def test_an_answer_to_a_proposal_is_an_arrangement_agreed_or_refused(
    accepted: bool, status: str
) -> None:
    told = {"accepted": accepted, "reason": "te laag"}
    message = compose(KINDS["BetaalvoorstelAntwoord"], HEADER, {}, told)
    data = SCHEMAS["arrangement"].load(by_kind(facts_of(message, OTHER))["arrangement"].data)
    assert (data["status"], data["reason"], data["conversation"]) == (status, "te laag", KEY)


def test_consent_beforehand_is_a_balance_and_an_arrangement_at_once() -> None:
    claims = [{"sort": "openstaande schuld", "reference": "1", "principal": 500, "open": 400}]
    kind = KINDS["SaldoverzoekAntwoordVoorafAkkoord"]
    found = by_kind(facts_of(compose(kind, HEADER, {}, {"claims": claims}), OTHER))
    assert set(found) == {"message", "balance_answer", "claim_statement", "arrangement"}
    agreed = SCHEMAS["arrangement"].load(found["arrangement"].data)
    assert (agreed["status"], agreed["claim_amount"]) == ("akkoord", 400)


def test_one_total_is_one_statement_over_all_claims() -> None:
    kind = KINDS["SaldoverzoekAntwoordInventarisatie"]
    found = by_kind(facts_of(compose(kind, HEADER, {}, {"total": 12_345}), OTHER))
    assert set(found) == {"message", "balance_answer", "claim_statement"}
    assert found["balance_answer"].data["total"] == 12_345
    total = SCHEMAS["claim_statement"].load(found["claim_statement"].data)
    assert (total["open"], total["collective"], total["reference"]) == (12_345, True, "")


def test_a_claim_that_was_transferred_says_to_whom() -> None:
    claims = [{"sort": "overgedragen schuld", "reference": "1", "open": 5, "transferred_to": "X"}]
    message = compose(KINDS["SaldoverzoekAntwoord"], HEADER, {}, {"claims": claims})
    claim = SCHEMAS["claim_statement"].load(
        by_kind(facts_of(message, OTHER))["claim_statement"].data
    )
    assert (claim["stage"], claim["transferred_to"]) == ("overgedragen", "X")


def test_a_claim_that_was_transferred_needs_no_balance() -> None:
    claims = [
        {"sort": "overgedragen schuld", "reference": "1", "transferred_to": "X"},
        {"sort": "openstaande schuld", "reference": "2", "open": 5},
    ]
    message = compose(KINDS["SaldoverzoekAntwoord"], HEADER, {}, {"claims": claims})
    assert problems_of(write_message(message), OTHER) == []
    facts = facts_of(message, OTHER)
    assert [one.data["reference"] for one in facts if one.kind == "claim_statement"] == ["2"]
    assert facts[0].data["details"]["Vorderingen"][0]["OvergedragenAan"] == "X"


def test_claims_under_a_name_that_we_do_not_know_are_not_no_claims() -> None:
    answer = KINDS["SaldoverzoekAntwoord"]
    root = etree.fromstring(write_message(compose(answer, HEADER, {}, {})))
    etree.SubElement(etree.SubElement(root, "Schulden"), "Schuld").text = "500.00"
    facts = by_kind(facts_of(read_raw(etree.tostring(root)), OTHER))
    assert facts["balance_answer"].data["total"] is None
    nothing = write_message(compose(answer, HEADER, {}, {"claims": []}))
    assert b"<Vorderingen/>" in nothing
    assert by_kind(facts_of(read_raw(nothing), OTHER))["balance_answer"].data["total"] == 0


def test_an_invoice_may_be_told_in_two_lines() -> None:
    line = {"sort": "openstaande schuld", "reference": "1", "open": 5}
    numbered = [{**line, "reference": ""}, line, line, line]
    message = compose(KINDS["SaldoverzoekAntwoord"], HEADER, {}, {"claims": numbered})
    told = [one for one in facts_of(message, OTHER) if one.kind == "claim_statement"]
    assert len({one.key for one in told}) == 4
    assert {one.data["reference"] for one in told} == {"", "1"}


def test_an_answer_with_very_many_claims_is_kept_claim_by_claim() -> None:
    line = {"sort": "openstaande schuld", "imposed_on": "2026-02-01", "principal": 5, "open": 5}
    claims = [{**line, "reference": f"2026-{number:06}"} for number in range(1000)]
    message = compose(KINDS["SaldoverzoekAntwoordVoorafAkkoord"], HEADER, {}, {"claims": claims})
    assert problems_of(write_message(message), OTHER) == []
    facts = facts_of(message, OTHER)
    assert len([one for one in facts if one.kind == "claim_statement"]) == 1000
    for kind in ("message", "arrangement"):
        assert by_kind(facts)[kind].data["details"]["_weggelaten"] == {"Vorderingen": 1000}


@pytest.mark.parametrize("debt", ["Zorg", "Publiek", "Nuts", "Overig"])
def test_the_sort_of_debt_is_that_of_the_exchange(debt: str) -> None:
    claims = [{"sort": "openstaande schuld", "reference": "1", "open": 5, "debt": debt}]
    message = compose(KINDS["SaldoverzoekAntwoord"], HEADER, {}, {"claims": claims})
    told = by_kind(facts_of(message, OTHER))["claim_statement"]
    assert SCHEMAS["claim_statement"].load(told.data)["type"] == debt.lower()


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("klant onbekend", "klant_onbekend"),
        ("Klant is onbekend.", "klant_onbekend"),
        ("KLANT_ONBEKEND", "klant_onbekend"),
        ("klant heeft recent finale kwijting ontvangen", "geen_medewerking"),
        ("klant heeft recent een poging tot stabilisatie gehad", "geen_medewerking"),
        ("geen samenwerking met deze schuldhulpverlener", "geen_medewerking"),
        ("", "geen_medewerking"),
    ],
)
def test_a_refusal_has_one_of_the_four_reasons(reason: str, outcome: str) -> None:
    message = compose(KINDS["GeenMedewerking"], HEADER, {}, {"reason": reason})
    told = by_kind(facts_of(message, OTHER))["balance_answer"]
    assert SCHEMAS["balance_answer"].load(told.data)["outcome"] == outcome


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("0", 0),
        ("-12.5", -1250),
        ("999999999.99", 99_999_999_999),
        ("123456789012.34", 12_345_678_901_234),
    ],
)
def test_an_amount_of_many_digits_loses_none(text: str, cents: int) -> None:
    root = full("Betaalvoorstel")
    total = root.find("TotaleVastgesteldeSchuldPreferent")
    assert total is not None
    total.text = text
    message = read_raw(etree.tostring(root))
    assert message.told["preferred_total"] == cents
    again = etree.fromstring(write_message(message))
    assert Decimal(again.findtext("TotaleVastgesteldeSchuldPreferent") or "") == Decimal(text)


def test_a_percentage_keeps_every_decimal() -> None:
    root = full("SchuldregelingAkkoord")
    for one in root.iter("Afkooppercentage"):
        one.text = "33.333333333333336"
    message = read_raw(etree.tostring(root))
    deal = by_kind(facts_of(message, OTHER))["arrangement"]
    assert SCHEMAS["arrangement"].load(deal.data)["percentage"] == 3333
    assert b">33.333333333333336<" in write_message(message)


def test_a_creditor_does_not_tell_its_own_claims_again() -> None:
    claims = [{"sort": "openstaande schuld", "reference": "1", "open": 5}]
    message = compose(KINDS["SaldoverzoekAntwoord"], HEADER, {}, {"claims": claims})
    assert set(by_kind(facts_of(message, STAD.skp_id))) == {"message", "balance_answer"}


@pytest.mark.parametrize(
    ("name", "sent_on", "due_on"),
    [
        ("Saldoverzoek", date(2026, 11, 23), date(2026, 12, 7)),
        # Both days of Christmas and New Year's Day are no working days.
        ("Betaalvoorstel", date(2026, 12, 18), date(2027, 1, 5)),
        ("Statusverzoek", date(2027, 4, 23), date(2027, 5, 11)),
        ("KennisgevingAntwoord", date(2026, 11, 23), None),
    ],
)
def test_a_question_is_answered_within_ten_working_days(
    name: str, sent_on: date, due_on: date | None
) -> None:
    header = Header(STAD.skp_id, OTHER, KEY, "r1", sent_on)
    message = compose(KINDS[name], header, PERSON, {})
    loaded = SCHEMAS["message"].load(by_kind(facts_of(message, OTHER))["message"].data)
    assert loaded["due_on"] == due_on


@pytest.mark.parametrize(
    ("why", "sent_on", "due_on"),
    [
        ("over Good Friday and Easter Monday", date(2027, 3, 19), date(2027, 4, 6)),
        ("over King's Day", date(2026, 4, 13), date(2026, 4, 28)),
        ("King's Day on a Saturday as the 27th is a Sunday", date(2025, 4, 14), date(2025, 4, 30)),
        ("Liberation Day in a lustrum", date(2025, 4, 30), date(2025, 5, 15)),
        ("over Ascension Day and Whit Monday", date(2026, 5, 12), date(2026, 5, 28)),
        ("over both days of Christmas and New Year", date(2026, 12, 23), date(2027, 1, 8)),
        ("sent on a Friday, at whatever hour", date(2026, 11, 20), date(2026, 12, 4)),
        ("sent on a Saturday", date(2026, 11, 21), date(2026, 12, 4)),
        ("sent on a Sunday", date(2026, 11, 22), date(2026, 12, 4)),
    ],
)
def test_the_term_follows_the_dutch_calendar(why: str, sent_on: date, due_on: date) -> None:
    header = Header(STAD.skp_id, OTHER, KEY, "r1", sent_on)
    facts = facts_of(compose(KINDS["Saldoverzoek"], header, PERSON, {}), OTHER)
    assert SCHEMAS["message"].load(by_kind(facts)["message"].data)["due_on"] == due_on, why


@pytest.mark.parametrize(
    ("moment", "sent_on"),
    [
        (datetime(2026, 11, 20, 22, 59, tzinfo=UTC), date(2026, 11, 20)),
        (datetime(2026, 11, 20, 23, 1, tzinfo=UTC), date(2026, 11, 21)),
    ],
)
def test_a_message_carries_the_day_in_amsterdam(moment: datetime, sent_on: date) -> None:
    data = {"party_skp_id": STAD.skp_id}
    made = connector()._message(Command("notice", PERSON, data, moment), KEY)  # type: ignore[attr-defined]
    assert made.header.on == sent_on


def test_the_two_of_us_share_no_order() -> None:
    assert not set(ExchangeConnector.commands) & set(CreditorConnector.commands)
    assert set(BY_COMMAND) == {*ExchangeConnector.commands, *CreditorConnector.commands}


def test_every_element_is_known_to_the_hub() -> None:
    for name in KINDS:
        names = {str(one.tag) for one in full(name).iter(etree.Element)}
        assert names - FIELDS == {"{urn:later}VanLater", "Deel"}


# --- what cannot be used -----------------------------------------------------------------------

KNOWN = ", ".join(KINDS)

SENTENCES = {
    "afgebroken": ["Het bericht is geen geldige XML"],
    "dtd": ["Het bericht is geen geldige XML"],
    "onbekende-soort": [f"Het bericht is van de soort 'Verrassing'; de hub kent {KNOWN}"],
    "zonder-kop": [
        "GeenMedewerking.ConversatieReferentienummer ontbreekt",
        "GeenMedewerking.Referentienummer ontbreekt",
        "GeenMedewerking.Afzender ontbreekt",
        "GeenMedewerking.Datum ontbreekt",
    ],
    "dag": ["GeenMedewerking.Datum is '20-11-2026'; verwacht een datum als 2026-11-23"],
    "twee-redenen": ["GeenMedewerking.Reden komt twee keer voor"],
    "saldo": [
        "SaldoverzoekAntwoord.Vorderingen[1].Saldo is '12,50'; verwacht een bedrag als 123.45",
        "SaldoverzoekAntwoord.Vorderingen[2].Schuldtype is 'lening'; bekend zijn: openstaande "
        "schuld, overgedragen schuld, onbekende schuld bij SE",
        "SaldoverzoekAntwoord.Vorderingen[2].Saldo is '1.005'; verwacht een bedrag als 123.45",
    ],
    "zonder-saldo": ["SaldoverzoekAntwoord.Vorderingen[1].Saldo ontbreekt"],
    "twee-totalen": [
        "SaldoverzoekAntwoordInventarisatie.OngematchteSchulden heeft niet precies één van "
        "Totaalvordering en OpenstaandeSchulden"
    ],
    "geen-klant": ["KennisgevingPubliek.Klant ontbreekt"],
    "elfproef": [
        "message.person.bsn voldoet niet aan de elfproef; controleer het BSN",
        "notice.person.bsn voldoet niet aan de elfproef; controleer het BSN",
    ],
    "akkoord-leeg": [
        "SchuldregelingAkkoord.TypeSchuldregeling is 'XX'; bekend zijn: SK, SB, SA",
        "SchuldregelingAkkoord.Vorderingen[1].Afkooppercentage is 'veel'; verwacht een percentage "
        "als 12.34",
        "SchuldregelingAkkoord.Vorderingen[1].PrognoseEindbedrag ontbreekt",
        "SchuldregelingAkkoord.Vorderingen[1].ActueelVorderingsbedrag ontbreekt",
        "SchuldregelingAkkoord.Vorderingen[1].VorderingsType ontbreekt",
        "SchuldregelingAkkoord.Vorderingen[1].Betaalreferentie ontbreekt",
        "SchuldregelingAkkoord.DatumAkkoord ontbreekt",
        "SchuldregelingAkkoord.KlantnummerSE ontbreekt",
        "SchuldregelingAkkoord.KlantnummerSHV ontbreekt",
    ],
    "br-hf": [
        "BrHfSaldoverzoek.TypeSchuldregeling is 'SK'; bekend zijn: BR, HF",
        "BrHfSaldoverzoek.KlantnummerSHV ontbreekt",
        "BrHfSaldoverzoek.Adres ontbreekt",
        "BrHfSaldoverzoek.Contactpersoon ontbreekt",
        "BrHfSaldoverzoek.Vorderingen ontbreekt",
    ],
    "antwoord": ["BetaalvoorstelAntwoord.Akkoord is 'misschien'; verwacht Ja of Nee"],
    "gesprek": [
        "GeenMedewerking.ConversatieReferentienummer is 'gesprek-1'; verwacht een UUID",
    ],
    "niet-voor-ons": [
        "GeenMedewerking.Ontvanger is '…-66ad-4c8f-a04b-1e4c5d6e7f81'; dat zijn wij niet",
    ],
    "soort-schuld": [
        "SaldoverzoekAntwoord.Vorderingen[1].SoortSchuld is 'Auto'; bekend zijn: Zorg, Publiek, "
        "Nuts, Overig",
    ],
    "te-groot": [
        "SaldoverzoekAntwoord.Vorderingen[1].OrgineleVordering is '….00'; verwacht een bedrag als "
        "123.45",
    ],
    "leeg-akkoord": [
        "SchuldregelingAkkoord.Vorderingen ontbreekt",
    ],
}


def test_every_wrong_message_has_its_sentence() -> None:
    assert {path.stem for path in BAD.glob("*.xml")} == set(SENTENCES)


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_a_wrong_message_says_everything_that_is_wrong(name: str) -> None:
    raw = (BAD / f"{name}.xml").read_bytes()
    assert problems_of(raw, OTHER) == SENTENCES[name]
    if name != "elfproef":  # judged by the hub's own record, after this
        with pytest.raises(RecordError) as caught:
            list(connector().parse("messages", raw))
        assert caught.value.problems == SENTENCES[name]


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_a_wrong_message_is_answered_when_its_sender_is_known(name: str) -> None:
    complaint = complaint_about((BAD / f"{name}.xml").read_bytes(), "m1", OTHER, TODAY)
    if name in ("afgebroken", "dtd", "zonder-kop"):
        assert complaint is None
        return
    assert complaint is not None
    answer = read_raw(complaint.raw)
    assert answer.header.receiver == STAD.skp_id
    assert (answer.told["answers"], answer.told["problems"]) == ("r1", SENTENCES[name])
    assert b"99999001" not in complaint.raw


def test_a_fault_about_a_fault_is_not_answered() -> None:
    root = full("Foutbericht")
    etree.SubElement(root, "Foutcode").text = "nog een"
    raw = etree.tostring(root)
    assert problems_of(raw, OTHER)
    assert complaint_about(raw, "m1", OTHER, TODAY) is None
