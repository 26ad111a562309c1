"""The CCBR over a real socket: a token that passes unchanged, searching without BSN, cards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import ccbr_schema
import pytest
from broken_sides import PAGE, RAISED, Side, nobody, outcome
from flask import Response
from lxml import etree
from registers import TODAY, Town, person

from hub.clock import FrozenClock
from hub.connector import (
    Batch,
    ConfigError,
    Context,
    HubError,
    PermanentError,
    RecordError,
    TransientError,
)
from hub.http import HubSession
from hub.testing.world import Case, Dossier
from plugins.ccbr.connector import REFUSALS, GuardianshipConnector
from plugins.ccbr.messages import (
    CONTRADICTION,
    FIELDS,
    GROUNDS,
    POSSIBLE,
    as_element,
    as_value,
    destroy_on,
    measure,
    parse_record,
    record_of,
    search_body,
)
from plugins.ccbr.settings import NO_GROUND, Settings
from plugins.ccbr.signing import Signer
from plugins.ccbr.simulator import REALM, Card, GuardianshipRegister, card_of
from plugins.ccbr.soap import DATA, SOAP, V1, WSA, WSSE, local
from plugins.ccbr.tokens import cut
from schemas import KINDS

BORN, BEGAN = date(1980, 5, 1), date(2026, 3, 1)
MINE = {"bsn": "999990019", "id": "r1", "surname": "Proef", "prefix": "van", "birth_date": BORN}
OTHER = {"bsn": "999990020", "id": "r2", "surname": "Niemand", "birth_date": BORN}
NUMBER = "BM10000/0001"
MADE = Card(person(), NUMBER, "01", BEGAN)
BAD = Path(__file__).parent / "bad" / "ccbr"


@pytest.fixture
def register(tmp_path: Path) -> Iterator[GuardianshipRegister]:
    town = Town((Dossier(person(), case=Case((person(),), BEGAN)),))
    made = GuardianshipRegister(town, tmp_path, FrozenClock(TODAY))
    made.start()
    yield made
    made.stop()


def connect(
    register: GuardianshipRegister, *people: dict[str, Any], **changed: Any
) -> GuardianshipConnector:
    (spec,) = register.sources()
    context = Context(
        clock=register.clock,
        http=HubSession(),
        pseudonym=lambda bsn: f"p-{bsn[-3:]}",
        people=lambda: iter(people or (MINE,)),
    )
    return GuardianshipConnector(Settings().load({**spec.config, **changed}), context)


def read(connector: GuardianshipConnector, cursor: Any = None) -> list[Batch]:
    return list(connector.read("cards", cursor))


def told(batches: list[Batch]) -> dict[str, bool]:
    return {one.key: one.deleted for batch in batches for one in batch.records}


def entries(connector: GuardianshipConnector) -> list[dict[str, Any]]:
    return [
        dict(KINDS[fact.kind].load(fact.data))
        for batch in read(connector)
        for one in batch.records
        if not one.deleted
        for fact in connector.parse("cards", one.raw)
    ]


def until_it_fails(
    connector: GuardianshipConnector, cursor: Any = None
) -> tuple[list[Batch], HubError]:
    """The batches of a read, and the error with which it ends."""
    batches: list[Batch] = []
    try:
        for batch in connector.read("cards", cursor):
            batches.append(batch)
    except HubError as error:
        return batches, error
    raise AssertionError("the read did not fail")


# --- the published schemas -----------------------------------------------------------------------


def test_every_question_and_answer_is_valid_to_the_published_schema(
    register: GuardianshipRegister,
) -> None:
    year = {"id": "r3", "surname": "Proef", "birth_date_text": "1980-05"}
    read(connect(register, MINE, OTHER, year, partial=True))
    ended = Card(person(), "CB20000/0001", "03", BEGAN, date(2026, 9, 1))
    register.cards.append(ended)
    read(connect(register))
    register.error = ("F1", "Onacceptabel")
    until_it_fails(connect(register))
    assert len(register.messages) > 5
    for question, answer in register.messages:
        assert ccbr_schema.faults(question) == []
        assert ccbr_schema.faults(answer) == []


def test_what_the_schema_refuses_is_seen_by_the_test_itself() -> None:
    assert ccbr_schema.faults(as_element("Registerkaart", {}))


# --- the token -----------------------------------------------------------------------------------


def test_the_assertion_passes_byte_for_byte(register: GuardianshipRegister) -> None:
    read(connect(register))
    ours = {cut(envelope) for envelope in register.envelopes}
    assert len(register.envelopes) == 2
    assert len(ours) == 1
    (assertion,) = ours
    # The writer of these bytes is not ours: no other would quote and space them so.
    assert b"MajorVersion='1' MinorVersion=\"1\"" in assertion
    assert b'" ><saml:AudienceRestrictionCondition>' in assertion


def test_the_register_refuses_an_assertion_that_was_written_again(
    register: GuardianshipRegister,
) -> None:
    now = register.clock.now()
    assertion = register.signer.issue(REALM, now)
    again = etree.tostring(etree.fromstring(assertion))
    assert again != assertion
    assert register.signer.takes(assertion, now)
    assert not register.signer.takes(again, now)

    class Rewrites(GuardianshipConnector):
        def _call(self, question: Any, action: str, again: bool = True) -> Any:
            tokens = self._tokens
            first = tokens.assertion()
            tokens._assertion = etree.tostring(etree.fromstring(first))
            return super()._call(question, action, again=False)

    good = connect(register)
    bad = Rewrites(good.settings, good.context)
    with pytest.raises(ConfigError, match="FailedAuthentication' with a new token"):
        read(bad)
    assert told(read(good)) == {"p-019": False}


def test_a_signature_is_over_what_the_assertion_says() -> None:
    signer, now = Signer(), FrozenClock(TODAY).now()
    assertion = signer.issue(REALM, now)
    assert signer.verifies(assertion)
    assert not signer.verifies(assertion.replace(b">CCBR<", b">Baas<"))
    assert not Signer().verifies(assertion)


def test_a_token_is_kept_for_55_minutes(register: GuardianshipRegister) -> None:
    connector = connect(register)
    read(connector)
    register.clock.move(minutes=54)  # type: ignore[attr-defined]
    read(connector)
    assert register.tokens_asked == 1
    register.clock.move(minutes=2)  # type: ignore[attr-defined]
    read(connector)
    assert register.tokens_asked == 2


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_refusal_gets_a_new_token_and_one_more_try(
    register: GuardianshipRegister, status: int
) -> None:
    connector = connect(register)
    register.refuse = [status]
    assert told(read(connector)) == {"p-019": False}
    assert register.tokens_asked == 2
    register.refuse = [status, status]
    with pytest.raises(TransientError if status == 500 else ConfigError) as caught:
        read(connector)
    assert "with a new token" in caught.value.log
    assert register.tokens_asked == 3


def test_a_token_that_was_withdrawn_is_renewed(register: GuardianshipRegister) -> None:
    connector = connect(register)
    read(connector)
    register.signer.forget()
    assert told(read(connector)) == {"p-019": False}
    assert register.tokens_asked == 2


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"password": "fout"},
            "De tokendienst laat ons niet toe: 'ID3242: The security token could not be …'. "
            "Controleer gebruikersnaam, wachtwoord en realm.",
        ),
        (
            {"realm": "https://anders.example/"},
            "De tokendienst laat ons niet toe: 'ID3082: The request scope is not valid.'. De "
            "dienst waarvoor de hub een token vraagt is er niet bekend: controleer de realm.",
        ),
    ],
)
def test_wrong_credentials_are_a_setting_to_mend(
    register: GuardianshipRegister, changed: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read(connect(register, **changed))
    assert caught.value.access_denied
    assert caught.value.user == sentence
    assert outcome(connect(register, **changed)) == (RAISED, sentence)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_check_says_that_the_clock_is_wrong(register: GuardianshipRegister, hours: int) -> None:
    connector = connect(register)
    connector.context.clock = FrozenClock(TODAY)
    connector.context.clock.move(hours=hours)
    assert outcome(connector) == (
        RAISED,
        "De tokendienst laat ons niet toe: 'An error occurred when verifying securit…'. Een "
        "bericht geldt vijf minuten: controleer of de klok van deze server gelijk loopt.",
    )


def test_a_request_is_in_the_order_that_a_strict_service_wants(
    register: GuardianshipRegister,
) -> None:
    read(connect(register))
    root = etree.fromstring(register.envelopes[0])
    security = root.find(f".//{{{WSSE}}}Security")
    assert security is not None
    assert [local(one) for one in security] == ["Timestamp", "Assertion"]
    must = f"{{{SOAP}}}mustUnderstand"
    told_ = {local(one): (one.get(must), "".join(one.itertext())) for one in root[0]}
    assert told_["To"] == ("1", f"{register.url}/ccbr.svc")
    assert told_["Action"] == ("1", f"{V1}/CcbrDataservice/ZoekRegisterkaarten")
    assert told_["ReplyTo"] == (None, f"{WSA}/anonymous")
    assert security.get(must) == "1"


BORROWED = b'<a:Assertion a:Id="1">x</a:Assertion>'


@pytest.mark.parametrize(
    ("content", "log"),
    [
        (b"<x/>", "no assertion in the answer"),
        (b"<x xmlns:a='urn:a'>" + BORROWED + b"</x>", "the assertion does not stand by itself"),
        (b"<x><Assertion xmlns='urn:other'>1</Assertion></x>", "no SAML 1.1 assertion"),
    ],
)
def test_a_token_that_cannot_pass_unchanged_is_told(content: bytes, log: str) -> None:
    with pytest.raises(PermanentError) as caught:
        cut(content)
    assert caught.value.log == log


# --- asking --------------------------------------------------------------------------------------


def test_nothing_is_asked_without_a_recorded_ground(register: GuardianshipRegister) -> None:
    connector = connect(register, ground="")
    with pytest.raises(ConfigError) as caught:
        read(connector)
    assert caught.value.user == NO_GROUND
    (step,) = connector.check()
    assert (step.ok, step.message) == (False, NO_GROUND)
    assert register.tokens_asked == 0


def test_a_search_is_by_name_and_day_or_year_of_birth() -> None:
    def values(who: dict[str, Any]) -> list[str]:
        found = search_body(who, V1)
        return [] if found is None else [one.text or "" for one in found.iter() if not len(one)]

    assert values(MINE) == ["van", "Proef", "1980-05-01T00:00:00", ""]
    year = {"surname": "Proef", "birth_date_text": "1980-05"}
    assert values(year) == ["", "Proef", "", "1980"]
    assert values({"surname": "Proef"}) == []
    assert values({"birth_date": BORN}) == []


def test_no_bsn_ever_leaves(register: GuardianshipRegister) -> None:
    read(connect(register))
    assert not any(b"999990019" in envelope for envelope in register.envelopes)


def test_one_record_per_resident_and_a_tombstone_for_who_is_not_there(
    register: GuardianshipRegister,
) -> None:
    batches = read(connect(register, MINE, OTHER, {"id": "r3", "surname": "Proef"}))
    assert told(batches) == {"p-019": False, "p-020": True, "r3": True}
    assert batches[-1].caught_up


def test_a_partial_match_is_not_looked_at_unless_a_setting_says_so(
    register: GuardianshipRegister,
) -> None:
    near = MINE | {"prefix": "de"}
    assert entries(connect(register, near)) == []
    assert not any(b"RaadpleegRegisterkaart" in one for one in register.envelopes)
    (found,) = entries(connect(register, near, partial=True))
    assert found["details"]["volledigeOvereenkomst"] is False


def test_a_second_read_is_the_same_to_the_byte(register: GuardianshipRegister) -> None:
    # Handles and verification codes are others in every session.
    first, second = (
        [one.raw for batch in read(connect(register)) for one in batch.records] for _ in range(2)
    )
    assert first == second
    assert len(register.handles) == 2


# --- what a card becomes -------------------------------------------------------------------------


def test_a_card_is_a_possible_match_without_bsn(register: GuardianshipRegister) -> None:
    (found,) = entries(connect(register))
    about = found["person"]
    assert about["bsn"] is None
    assert (about["prefix"], about["surname"], about["birth_date"]) == ("van", "Proef", BORN)
    names = ("register", "reference", "kind", "party", "starts_on", "ends_on", "destroy_on")
    assert {name: found[name] for name in names} == {
        "register": "ccbr",
        "reference": NUMBER,
        "kind": "Bewind (verkwisting of problematische schulden)",
        "party": "Bewindkantoor Voorbeeld (bewindvoerder)",
        "starts_on": BEGAN,
        "ends_on": None,
        "destroy_on": None,
    }
    assert found["details"]["letOp"] == [POSSIBLE]


def test_an_ended_curatele_says_until_when_it_may_be_kept(register: GuardianshipRegister) -> None:
    register.cards = [Card(person(), "CB1/0001", "04", BEGAN, date(2026, 8, 31), "mr. C")]
    (found,) = entries(connect(register))
    assert (found["kind"], found["party"]) == (
        "Curatele (drank- of drugsmisbruik)",
        "mr. C (curator)",
    )
    assert (found["ends_on"], found["destroy_on"]) == (date(2026, 8, 31), date(2027, 2, 28))


@pytest.mark.parametrize(
    ("ground", "number", "kind", "contradiction"),
    [
        ("01", "BM1", "Bewind (verkwisting of problematische schulden)", False),
        ("03", "CB1", "Curatele (geestelijke stoornis)", False),
        ("03", "BM1", "", True),
        ("01", "CB1", "", True),
        ("09", "bm1", "Bewind", False),
        ("02", "XX1", "Bewind (lichamelijke of geestelijke toestand)", False),
        ("", "", "", False),
    ],
)
def test_a_label_is_only_given_when_ground_and_number_agree(
    ground: str, number: str, kind: str, contradiction: bool
) -> None:
    assert measure(ground, number) == (kind, contradiction)


def test_a_contradiction_is_told_beside_the_entry(register: GuardianshipRegister) -> None:
    register.cards = [Card(person(), "CB1/0001", "01", BEGAN)]
    (found,) = entries(connect(register))
    assert (found["kind"], found["details"]["letOp"]) == ("", [POSSIBLE, CONTRADICTION])


def test_every_kind_fits_its_field() -> None:
    assert all(len(measure(ground, "")[0]) <= 60 for ground in GROUNDS)


def card(**changed: Any) -> dict[str, Any]:
    """A card as a group, with some of it changed."""
    return card_of(Card(person(), NUMBER, "02", BEGAN), "handle") | changed


def entry(**changed: Any) -> dict[str, Any]:
    raw = record_of("p", [(as_element("Registerkaart", card(**changed)), True)])
    (fact,) = parse_record(raw)
    return dict(KINDS["register_entry"].load(fact.data))


def test_no_element_of_a_card_is_lost_on_the_way() -> None:
    abroad = {"Land": {"Naam": "België"}, "Regel1": "Rue 1", "Regel2": None}
    one = {
        "Adressen": {"Adres": [{"BuitenlandsAdres": abroad, "SoortAdres": "02"}]},
        "DatumEinde": None,
        "SamengesteldeNaam": {"Geslachtsnaam": "Helper", "Voornamen": "An", "Voorvoegsel": "de"},
    }
    group = {"BewindvoerderNatuurlijkPersoon": [one, one | {"DatumEinde": "2026-01-01T00:00:00"}]}
    given = card(BewindvoerdersNatuurlijkpersoon=group)
    found = entry(BewindvoerdersNatuurlijkpersoon=group)
    assert found["party"] == "An de Helper (bewindvoerder); Bewindkantoor Voorbeeld (bewindvoerder)"
    kept = {
        k: v for k, v in found["details"].items() if k not in ("letOp", "volledigeOvereenkomst")
    }
    given["Registerkaartidentificatie"].pop("RegisterkaartAanduiding")
    assert kept == as_value(as_element("Registerkaart", given))


def test_every_element_of_a_card_is_known() -> None:
    names = {etree.QName(one).localname for one in as_element("Registerkaart", card()).iter()}
    assert names - {"Registerkaart", "RegisterkaartAanduiding"} <= FIELDS


def test_a_birth_date_of_which_only_the_year_is_known() -> None:
    born = {"Datum": "0001-01-01T00:00:00", "Jaar": "1980"}
    name = {"Geslachtsnaam": "Proef", "Voornamen": "An", "Voorvoegsel": ""}
    about = entry(Geregistreerde={"Geboorte": born, "SamengesteldeNaam": name})["person"]
    assert (about["birth_date"], about["birth_date_text"]) == (None, "1980")


def test_a_name_that_the_register_does_not_give_is_said_to_be_unknown() -> None:
    nameless = {"BewindvoerderNietNatuurlijkPersoon": [{"NaamOrganisatieVolledig": None}]}
    found = entry(BewindvoerdersNietNatuurlijkPersoon=nameless)
    assert found["party"] == "naam niet bekend (bewindvoerder)"


def test_without_a_begin_the_day_of_publication_counts() -> None:
    assert entry(Geldigheid={"DatumBegin": None, "DatumEinde": None})["starts_on"] == date(
        2026, 3, 2
    )


# --- destruction ---------------------------------------------------------------------------------


def test_a_copy_goes_six_months_after_the_end(register: GuardianshipRegister) -> None:
    register.cards = [Card(person(), NUMBER, "01", BEGAN, date(2026, 6, 1))]
    connector = connect(register)
    register.clock.move(days=(date(2026, 12, 1) - TODAY).days)  # type: ignore[attr-defined]
    assert told(read(connector)) == {"p-019": False}
    register.clock.move(days=1)  # type: ignore[attr-defined]
    assert told(read(connector)) == {"p-019": True}


def test_whom_we_no_longer_help_is_no_longer_kept(register: GuardianshipRegister) -> None:
    cursor = read(connect(register))[-1].cursor
    assert cursor == {"known": ["p-019"]}
    batches = read(connect(register, OTHER), cursor)
    assert told(batches) == {"p-019": True, "p-020": True}
    assert batches[-1].cursor == {"known": []}


def test_many_residents_go_in_batches_that_can_be_taken_up_again(
    register: GuardianshipRegister,
) -> None:
    people = [OTHER | {"bsn": f"{999990000 + at}"} for at in range(120)]
    batches = read(connect(register, MINE | {"bsn": "999990999"}, *people))
    assert [len(one.records) for one in batches] == [50, 50, 21]
    assert [one.cursor for one in batches] == [{"known": ["p-999"]}] * 3
    assert [one.caught_up for one in batches] == [False, False, True]


# --- faults --------------------------------------------------------------------------------------


def test_a_foutmelding_is_never_nobody(register: GuardianshipRegister) -> None:
    cursor = read(connect(register))[-1].cursor
    register.error = ("Z01", "Zoekvraag is niet toegestaan")
    batches, error = until_it_fails(connect(register), cursor)
    assert told(batches) == {}
    assert batches[-1].cursor == {"known": ["p-019"]}
    assert not batches[-1].caught_up
    assert error.user == (
        "Het curatele- en bewindregister weigerde 1 vraag: 'Zoekvraag is niet toegestaan' (Z01). "
        "Van die inwoners is niets gewijzigd; dat zij er niet in staan, is dus niet gezegd."
    )


def test_a_register_that_refuses_everything_is_not_asked_on(register: GuardianshipRegister) -> None:
    register.error = ("Z09", "Account geblokkeerd")
    people = [OTHER | {"bsn": f"{999990000 + at}"} for at in range(40)]
    batches, error = until_it_fails(connect(register, *people), {"known": ["p-019"]})
    assert len(register.messages) == REFUSALS
    assert told(batches) == {}
    assert "5 vragen" in error.user


def test_a_foutmelding_fails_the_connection_test(register: GuardianshipRegister) -> None:
    register.error = ("Z09", "Account geblokkeerd")
    with pytest.raises(PermanentError) as caught:
        list(connect(register).check())
    assert caught.value.user == (
        "Het curatele- en bewindregister weigert een vraag: 'Account geblokkeerd' (Z09)."
    )


@pytest.mark.parametrize("body", [b"<html/>", b"<a>", b"{}"])
def test_another_form_of_answer_is_told(register: GuardianshipRegister, body: bytes) -> None:
    register._web.view_functions["_serve"] = lambda: Response(body, 200)
    with pytest.raises(PermanentError) as caught:
        read(connect(register))
    assert "Er is niets gewijzigd." in caught.value.user


#: By file in bad/ccbr/answers: what an administrator reads when the token service (token-) or the
#: register (data-) answers so; faults come with HTTP 500.
REFUSED = "Het curatele- en bewindregister weigert ons bericht: "
ANSWERS = {
    "token-fault-password": "De tokendienst laat ons niet toe: 'The account is not known here'. "
    "Controleer gebruikersnaam, wachtwoord en realm.",
    "token-fault-locked": "De tokendienst laat ons niet toe: 'The account is locked'. Controleer "
    "gebruikersnaam, wachtwoord en realm.",
    "token-fault-realm": "De tokendienst laat ons niet toe: 'Nobody listens under that name'. De "
    "dienst waarvoor de hub een token vraagt is er niet bekend: controleer de realm.",
    "token-fault-clock": "De tokendienst laat ons niet toe: 'The message is not from now'. Een "
    "bericht geldt vijf minuten: controleer of de klok van deze server gelijk loopt.",
    "token-fault-address": "De tokendienst laat ons niet toe: 'This is another endpoint'. "
    "Controleer het adres voor het token.",
    "token-fault-later": "De tokendienst kan nu geen token geven: 'Something went wrong'. De hub "
    "probeert het later opnieuw.",
    "token-none": "De tokendienst gaf geen bruikbaar token (SAML 1.1). Er is niets gewijzigd. "
    "Controleer het adres voor het token.",
    "data-fault-token": f"{REFUSED}'The token is not for this service'. Controleer de realm en of "
    "uw account dit register mag bevragen.",
    "data-fault-clock": f"{REFUSED}'The message is not from now'. Controleer of de klok van deze "
    "server gelijk loopt, en de realm.",
    "data-fault-address": f"{REFUSED}'No contract for this action'. Controleer het adres.",
    "data-fault-later": "Het curatele- en bewindregister meldt een fout: 'The server could not "
    "answer'. De hub probeert het later opnieuw.",
    "data-error": "Het curatele- en bewindregister weigert een vraag: 'Het aantal vragen is op' "
    "(Z12).",
    "data-error-words": "Het curatele- en bewindregister weigert een vraag: 'Het gaat niet' "
    "(zonder code).",
    "data-no-list": "Het antwoord van het curatele- en bewindregister noemt geen lijst van kaarten."
    " Er is niets gewijzigd. Meld dit aan de Rechtspraak.",
    "data-nil": "Het antwoord van het curatele- en bewindregister noemt geen lijst van kaarten. Er "
    "is niets gewijzigd. Meld dit aan de Rechtspraak.",
    "data-other": "Het antwoord van het curatele- en bewindregister op ZoekRegisterkaarten heeft "
    "niet de afgesproken vorm. Er is niets gewijzigd. Controleer het adres.",
}


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_a_wrong_answer_is_explained_by_the_check(
    register: GuardianshipRegister, name: str
) -> None:
    body = (BAD / "answers" / f"{name}.xml").read_bytes()
    view = "_token" if name.startswith("token") else "_serve"
    status = 500 if "-fault-" in name else 200
    register._web.view_functions[view] = lambda: Response(body, status)
    assert outcome(connect(register)) == (RAISED, ANSWERS[name])


def test_every_wrong_answer_is_in_the_table() -> None:
    assert {one.stem for one in (BAD / "answers").glob("*.xml")} == set(ANSWERS)


#: By what is wrong: what answers at the address, and what an administrator reads.
SIDES: dict[str, tuple[Any, str]] = {
    "page": (
        ("200 OK", PAGE),
        "{} is geen SOAP-bericht. Er is niets gewijzigd. Controleer het adres.",
    ),
    "path": (
        ("404 Not Found", PAGE),
        "{host} kent dit adres niet (HTTP 404). Controleer het pad in de instellingen.",
    ),
    "busy": (
        ("503 Service Unavailable",),
        "{host} is tijdelijk niet beschikbaar (HTTP 503). De hub probeert het later opnieuw.",
    ),
    "silent": ((), "{host} gaf geen antwoord binnen de tijd. De hub probeert het later opnieuw."),
}
WHAT = {
    "sts_url": "Het antwoord van de tokendienst",
    "url": "Het antwoord van het curatele- en bewindregister",
}


@pytest.mark.parametrize("setting", sorted(WHAT))
@pytest.mark.parametrize("name", sorted(SIDES))
def test_a_check_explains_who_is_not_the_register(
    register: GuardianshipRegister, name: str, setting: str
) -> None:
    answer, sentence = SIDES[name]
    with Side(*answer) as side:
        told_ = outcome(connect(register, **{setting: side.url}))
        host = side.url.removeprefix("http://")
    assert told_ == (RAISED, sentence.format(WHAT[setting], host=host))


def test_a_server_error_without_a_fault_is_tried_again(register: GuardianshipRegister) -> None:
    with Side("500 Internal Server Error", PAGE) as side:
        assert outcome(connect(register, sts_url=side.url)) == (
            RAISED,
            "De tokendienst heeft een storing (HTTP 500). De hub probeert het later opnieuw.",
        )
        assert outcome(connect(register, url=side.url)) == (
            RAISED,
            "Het curatele- en bewindregister meldt een fout: 'geen reden gegeven'. De hub probeert "
            "het later opnieuw.",
        )


def test_a_check_says_which_of_two_addresses_does_not_answer(
    register: GuardianshipRegister, tmp_path: Path
) -> None:
    silence = nobody()
    sentence = f"Er luistert niets op {silence.removeprefix('http://')}. Draait het systeem?"
    assert outcome(connect(register, sts_url=silence)) == ("Poort (token)", sentence)
    assert outcome(connect(register, url=silence)) == ("Poort", sentence)
    unknown = "De naam register.invalid is niet bekend. Controleer het adres."
    assert outcome(connect(register, url="https://register.invalid/x")) == ("DNS", unknown)
    with Side("200 OK", PAGE, tls=tmp_path / "ca") as side:
        assert outcome(connect(register, sts_url=side.url))[0] == "TLS (token)"
        name, told_ = outcome(connect(register, url=side.url))
    assert name == "TLS"
    assert told_.startswith("Het certificaat wordt niet vertrouwd: ")
    assert told_.endswith(" Vul bij CA-bestand de PKIoverheid Private Root CA G1 in.")


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00", "9999-12-31T00:00:00"])
def test_a_day_at_the_edge_of_the_calendar_is_none(text: str) -> None:
    value = as_value(as_element("Registerkaart", card_of(MADE, "x")))
    value["Geldigheid"] = {"DatumBegin": text, "DatumEinde": text}
    value["Geregistreerde"]["Geboorte"] |= {"Datum": text, "Jaar": "1980"}
    held = {"sleutel": "p", "kaarten": [{"kaart": value, "volledig": True}]}
    (fact,) = parse_record(held)
    told_ = fact.data
    assert (told_["ends_on"], told_["destroy_on"]) == (None, None)
    assert told_["starts_on"] == date(2026, 3, 2)
    assert told_["person"]["birth_date_text"] == "1980"
    assert destroy_on(as_element("Registerkaart", value)) is None


def test_a_year_of_birth_that_is_not_known_comes_as_nought() -> None:
    value = as_value(as_element("Registerkaart", card_of(MADE, "x")))
    value["Geregistreerde"]["Geboorte"] |= {"Datum": "0001-01-01T00:00:00", "Jaar": "0"}
    (fact,) = parse_record({"sleutel": "p", "kaarten": [{"kaart": value, "volledig": True}]})
    assert fact.data["person"]["birth_date"] is None
    assert fact.data["person"]["birth_date_text"] == ""


def test_who_acts_until_the_end_of_the_calendar_acts_now() -> None:
    value = as_value(as_element("Registerkaart", card_of(MADE, "x")))
    acting = {"DatumEinde": "9999-12-31T00:00:00", "SamengesteldeNaam": {"Geslachtsnaam": "Beheer"}}
    ended = {"DatumEinde": "2026-04-01T00:00:00", "SamengesteldeNaam": {"Geslachtsnaam": "Eerder"}}
    group = {"BewindvoerderNatuurlijkPersoon": [acting, ended]}
    value |= {
        "BewindvoerdersNatuurlijkpersoon": group,
        "BewindvoerdersNietNatuurlijkPersoon": {},
    }
    (fact,) = parse_record({"sleutel": "p", "kaarten": [{"kaart": value, "volledig": True}]})
    assert fact.data["party"] == "Beheer (bewindvoerder)"


def test_an_empty_card_is_not_nobody(register: GuardianshipRegister) -> None:
    register._card = lambda handle: None  # type: ignore[method-assign]
    with pytest.raises(PermanentError, match="answer without Registerkaart"):
        read(connect(register))


SENTENCES = {
    "broken": "Het record is geen leesbare JSON",
    "other": "Het record is geen antwoord van het curatele- en bewindregister",
    "number": "kaart[1].RegisterkaartIndentificatieCode ontbreekt",
    "several": "kaart[1].Geldigheid.DatumEinde is 'morgen'; verwacht een datum als "
    "2026-11-23; kaart[1].DatumPublicatie is '31-12-2026'; verwacht een datum als "
    "2026-11-23; kaart[1].Geregistreerde is geen groep velden",
}


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_a_wrong_record_is_refused_in_words(register: GuardianshipRegister, name: str) -> None:
    with pytest.raises(RecordError) as caught:
        list(connect(register).parse("cards", (BAD / f"{name}.json").read_bytes()))
    assert caught.value.user == SENTENCES[name]


def test_every_wrong_record_is_in_the_table() -> None:
    assert {one.stem for one in BAD.glob("*.json")} == set(SENTENCES)


def test_the_connection_test_searches_for_nobody(register: GuardianshipRegister) -> None:
    steps = list(connect(register).check())
    assert [one.name for one in steps] == [
        "Grondslag",
        "DNS (token)",
        "Poort (token)",
        "DNS",
        "Poort",
        "Aanmelden",
        "Zoeken",
    ]
    ((question, _),) = register.messages
    assert question.findtext(f"{{{V1}}}achternaam") == "Schuldenhubverbindingstest"
    assert question.find(f".//{{{DATA}}}Jaar") is not None
