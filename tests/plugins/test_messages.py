"""Letters and messages over real sockets: NotifyNL, its callbacks, and a mail server."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from registers import TODAY, Town, person

from hub.clock import FrozenClock
from hub.connector import Command, Context
from hub.errors import ConfigError, PermanentError, TransientError
from hub.http import HubSession
from hub.reach import Reach
from hub.sync.sources import validate_config
from hub.testing.certificates import Authority
from hub.testing.world import Dossier
from plugins.messages.connector import ON_HOLD, MessageConnector
from plugins.messages.simulator import PostOffice
from schemas import KINDS


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    made = PostOffice(Town((Dossier(person()),)), tmp_path, FrozenClock(TODAY))
    made.sent.clear()
    made.start()
    yield made
    made.stop()


def connect(office: PostOffice, **changed: Any) -> MessageConnector:
    (spec,) = office.sources()
    settings = validate_config(MessageConnector, {**spec.config, **changed})
    return MessageConnector(settings, Context(clock=office.clock, http=HubSession()))


def command(**data: Any) -> Command:
    who = {"bsn": "999990019", "surname": "Proef", "birth_date": date(1980, 5, 1)}
    return Command("send_message", who, data, datetime(2026, 11, 23, 23, 30, tzinfo=UTC))


SMS = {"channel": "sms", "to": "0612345678", "template": "uitnodiging"}
LETTER = {
    "channel": "brief",
    "to": ["A.B. van Proef", "Schijnstraat 1", "9999 XX Voorbeeldstad"],
    "template": "aanmaning",
    "personalisation": {"bedrag": "€ 123,45"},
}
MAIL = {
    "channel": "e-mail",
    "to": "anna@voorbeeld.example",
    "subject": "Uw afspraak",
    "body": "Tot morgen, café Één.",
    "collection": False,
}


# --- sending through NotifyNL ----------------------------------------------------------------


@pytest.mark.parametrize(
    "order", [SMS, LETTER, MAIL | {"template": "bevestiging", "personalisation": {"naam": "Anna"}}]
)
def test_every_channel_goes_out_once_under_our_reference(
    office: PostOffice, order: dict[str, Any]
) -> None:
    connector = connect(office)
    assert connector.inquire("key-1") is None
    first, again = (connector.send(command(**order), "key-1") for _ in range(2))
    assert (first.outcome, first.reference) == ("delivered", again.reference)
    assert office.effects() == {"key-1": 1}
    found = connector.inquire("key-1")
    assert found is not None
    assert (found.outcome, found.reference) == ("delivered", first.reference)
    ((number, sent),) = office.sent.items()
    assert number == first.reference
    assert sent["type"] == {"sms": "sms", "brief": "letter", "e-mail": "email"}[order["channel"]]


def test_what_is_kept_of_a_message_holds_no_address_and_no_text(office: PostOffice) -> None:
    (fact,) = connect(office).send(command(**LETTER), "key-1").facts
    told = KINDS[fact.kind].load(fact.data)
    assert (told["type"], told["direction"], told["conversation"]) == ("brief", "out", "key-1")
    # Half past eleven in the evening in UTC is the next day here.
    assert told["sent_on"] == date(2026, 11, 24)
    assert told["details"] == {"template": "aanmaning", "collection": True}
    left = {name: value for name, value in fact.data.items() if name != "person"}
    assert not any(text in str(left) for text in ("Schijnstraat", "123,45", "9999 XX"))


def test_a_letter_tells_its_address_by_line(office: PostOffice) -> None:
    given: list[Any] = []
    take = office.take
    office.take = lambda kind, body: (given.append(body), take(kind, body))[1]  # type: ignore[method-assign,func-returns-value]
    connect(office).send(command(**LETTER), "key-1")
    assert given[0]["personalisation"] == {
        "bedrag": "€ 123,45",
        "address_line_1": "A.B. van Proef",
        "address_line_2": "Schijnstraat 1",
        "address_line_3": "9999 XX Voorbeeldstad",
    }


# --- collection and the pause ----------------------------------------------------------------


@pytest.mark.parametrize("order", [LETTER, {**MAIL, "collection": ...}, {**MAIL, "collection": 1}])
def test_a_collection_letter_stops_during_a_pause(
    office: PostOffice, order: dict[str, Any]
) -> None:
    told = {name: value for name, value in order.items() if value is not ...}
    receipt = connect(office).send(command(**told, hold=True), "key-1")
    assert (receipt.outcome, receipt.message) == ("refused", ON_HOLD)
    assert office.effects() == {}
    assert connect(office).send(command(**told, hold=False), "key-1").outcome == "delivered"


@pytest.mark.parametrize("order", [SMS, MAIL])
def test_other_letters_go_on_during_a_pause(office: PostOffice, order: dict[str, Any]) -> None:
    assert connect(office).send(command(**order, hold=True), "key-1").outcome == "delivered"


# --- refusals --------------------------------------------------------------------------------

#: What was asked, and what the caseworker reads.
FAULTS: list[tuple[dict[str, Any], str]] = [
    ({}, "channel is een van: sms, e-mail, brief; template ontbreekt; alleen e-mail kan zonder"),
    (SMS | {"to": "geen nummer"}, "to is geen telefoonnummer"),
    (SMS | {"to": ["0612345678", "0687654321"]}, "to is geen telefoonnummer"),
    (SMS | {"template": "aanmaning"}, "dit sjabloon is voor brief"),
    (SMS | {"template": "nieuwsbrief"}, "dit sjabloon staat niet in de instellingen"),
    (SMS | {"personalisation": 3}, "personalisation is geen groep velden"),
    (LETTER | {"to": ["Straat 1", "9999 XX"]}, "to heeft drie tot zeven adresregels"),
    (MAIL | {"to": "anna@voorbeeld.example,boef@elders.example"}, "to is geen e-mailadres"),
    (MAIL | {"to": "anna,boef@elders.example"}, "to is geen e-mailadres"),
    (MAIL | {"to": "Anna<boef@elders.example>"}, "to is geen e-mailadres"),
    ({"channel": "e-mail", "to": "x"}, "to is geen e-mailadres; subject ontbreekt; body ontbreekt"),
]


@pytest.mark.parametrize(("order", "wanted"), FAULTS)
def test_a_wrong_order_is_refused_with_every_fault(
    office: PostOffice, order: dict[str, Any], wanted: str
) -> None:
    receipt = connect(office).send(command(**order), "key-1")
    assert receipt.outcome == "refused"
    assert receipt.message.startswith(f"Dit bericht kan niet worden verstuurd: {wanted}")
    assert office.effects() == {}


def test_a_refusal_of_notify_repeats_nothing_of_the_message(office: PostOffice) -> None:
    order = SMS | {"to": "+31 10 1234567", "template": "uitnodiging"}
    receipt = connect(office).send(command(**order), "key-1")
    assert receipt.outcome == "refused"
    assert receipt.message == "NotifyNL weigert: phone_number … Not a NL mobile number"
    order = LETTER | {"personalisation": {}, "to": ["A", "B", "Nergensland"]}
    receipt = connect(office).send(command(**order), "key-1")
    assert receipt.message == (
        "NotifyNL weigert: Missing personalisation: bedrag; Last line of address must be a real NL "
        "postcode or another country"
    )


TROUBLE = [
    ((429, "RateLimitError", "Exceeded rate limit"), TransientError, "te veel berichten per min"),
    ((429, "TooManyRequestsError", "Exceeded send limits"), TransientError, "vandaag bij NotifyNL"),
    ((403, "AuthError", "Error: Your system clock must be"), ConfigError, "klok van deze server"),
    ((403, "AuthError", "Invalid token: revoked"), ConfigError, "NotifyNL weigert de sleutel"),
    ((500, "Exception", "Internal server error"), TransientError, "tijdelijk niet beschikbaar"),
]


@pytest.mark.parametrize(("trouble", "kind", "text"), TROUBLE)
def test_trouble_that_is_not_the_message_is_told_apart(
    office: PostOffice, trouble: tuple[int, str, str], kind: type[Exception], text: str
) -> None:
    office.trouble = trouble
    with pytest.raises(kind) as caught:
        connect(office).send(command(**SMS), "key-1")
    assert text in caught.value.user  # type: ignore[attr-defined]
    assert getattr(caught.value, "access_denied", False) == ("revoked" in trouble[2])


def test_the_limit_of_a_day_ends_at_midnight_utc(office: PostOffice) -> None:
    office.trouble = (429, "TooManyRequestsError", "Exceeded send limits (20000) for today")
    connector = connect(office)
    # The clock of the fixture stands at nine in the morning, eight in UTC.
    with pytest.raises(TransientError) as caught:
        connector.send(command(**SMS), "key-1")
    assert caught.value.retry_after == 16 * 3600
    assert not caught.value.may_have_arrived


def test_a_token_of_an_old_moment_is_the_clock(office: PostOffice) -> None:
    connector = connect(office)
    connector._notify._clock = FrozenClock(datetime(2026, 11, 23, 7, tzinfo=UTC))
    with pytest.raises(ConfigError, match="clock"):
        connector.send(command(**SMS), "key-1")


REFUSALS = [
    (
        (400, "BadRequestError", "Can't send to this recipient using a team-only API key"),
        "NotifyNL weigert: dit is een teamsleutel; daarmee gaat niets naar inwoners. Maak in "
        "NotifyNL een live-sleutel.",
    ),
    (
        (403, "BadRequestError", "Cannot send letters with a team api key"),
        "NotifyNL weigert: dit is een teamsleutel; daarmee gaat niets naar inwoners. Maak in "
        "NotifyNL een live-sleutel.",
    ),
    (
        (400, "BadRequestError", "Can't send to this recipient when service is in trial mode"),
        "NotifyNL weigert: de dienst staat daar nog in de proefmodus en mag geen inwoners "
        "schrijven. Vraag in NotifyNL om de dienst live te zetten.",
    ),
    (
        (400, "BadRequestError", "Template not found"),
        "NotifyNL weigert: het sjabloon bestaat daar niet meer. Test de verbinding.",
    ),
]


@pytest.mark.parametrize(("trouble", "sentence"), REFUSALS)
def test_a_refusal_that_is_not_about_the_message_is_told_in_dutch(
    office: PostOffice, trouble: tuple[int, str, str], sentence: str
) -> None:
    connector = connect(office)
    connector._notify.find = lambda reference: None  # type: ignore[method-assign]
    office.trouble = trouble
    receipt = connector.send(command(**LETTER), "key-1")
    assert (receipt.outcome, receipt.message) == ("refused", sentence)


def test_answers_go_where_the_settings_say(office: PostOffice) -> None:
    reply, sender = "f2a1f0f4-5b1d-4a0c-9a55-000000000001", "f2a1f0f4-5b1d-4a0c-9a55-000000000002"
    connector = connect(office, email_reply_to_id=reply, sms_sender_id=sender)
    mail = MAIL | {"template": "bevestiging", "personalisation": {"naam": "Anna"}}
    for order in (SMS, mail, LETTER):
        connector.send(command(**order), f"key-{order['channel']}")
    assert [one["answers_to"] for one in office.sent.values()] == [sender, reply, None]
    with pytest.raises(ConfigError, match="geen UUID"):
        connect(office, sms_sender_id="gemeente")


def test_nothing_of_a_message_is_logged(
    office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    connector = connect(office)
    for order in (SMS, LETTER, MAIL):
        connector.send(command(**order), f"key-{order['channel']}")
    office.stop()
    with pytest.raises(TransientError) as caught:
        connector.send(command(**MAIL), "key-x")
    told = caplog.text + caught.value.user + caught.value.log
    for text in ("0612345678", "Schijnstraat", "anna@", "café", "123,45", "999990019"):
        assert text not in told.replace(f"{office.port}", "")


# --- e-mail over SMTP ------------------------------------------------------------------------


def test_an_e_mail_arrives_as_it_was_written(office: PostOffice) -> None:
    receipt = connect(office).send(command(**MAIL), "key-1")
    assert receipt.outcome == "delivered"
    (mail,) = office.box.mails
    assert (mail["To"], mail["Subject"]) == ("anna@voorbeeld.example", "Uw afspraak")
    assert mail["From"] == "schuldhulp@voorbeeldstad.example"
    assert mail["Message-ID"] == "<key-1@voorbeeldstad.example>" == receipt.reference
    assert mail.get_content().strip() == "Tot morgen, café Één."
    (fact,) = receipt.facts
    assert KINDS["message"].load(fact.data)["status"] == "aan de mailserver gegeven"


def test_an_e_mail_that_is_sent_again_has_the_same_number(office: PostOffice) -> None:
    connector = connect(office)
    for _ in range(2):
        connector.send(command(**MAIL), "key-1")
    assert {str(mail["Message-ID"]) for mail in office.box.mails} == {
        "<key-1@voorbeeldstad.example>"
    }


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        ("550 onbekend: anna@voorbeeld.example", PermanentError, "weigert dit bericht (SMTP 550)"),
        ("451 druk", TransientError, "heeft nu geen tijd (SMTP 451)"),
    ],
)
def test_what_a_mail_server_answers(
    office: PostOffice, answer: str, kind: type[Exception], text: str
) -> None:
    office.box.answer = answer
    with pytest.raises(kind) as caught:
        connect(office).send(command(**MAIL), "key-1")
    assert text in caught.value.user  # type: ignore[attr-defined]
    assert "anna" not in str(caught.value)


@pytest.mark.parametrize("parting", ["421 druk", "500 weet ik niet"])
def test_a_mail_that_was_taken_is_sent_however_the_server_parts(
    office: PostOffice, parting: str
) -> None:
    office.box.parting = parting
    assert connect(office).send(command(**MAIL), "key-1").outcome == "delivered"
    assert len(office.box.mails) == 1


def test_a_sender_that_the_mail_server_does_not_want_is_a_setting(office: PostOffice) -> None:
    office.box.to_sender = "550 schuldhulp@voorbeeldstad.example mag niet"
    with pytest.raises(ConfigError) as caught:
        connect(office).send(command(**MAIL), "key-1")
    assert caught.value.user == (
        "De mailserver weigert onze afzender (SMTP 550). Kijk naar Afzender, of vraag de beheerder "
        "om die toe te laten."
    )
    office.box.to_sender = "451 druk"
    with pytest.raises(TransientError):
        connect(office).send(command(**MAIL), "key-1")


def test_an_address_that_a_mail_server_cannot_take_stops_that_mail_alone(
    office: PostOffice,
) -> None:
    office.box.stop()
    office.box.start(utf8=False)
    with pytest.raises(PermanentError) as caught:
        connect(office).send(command(**MAIL | {"to": "zoë@voorbeeld.example"}), "key-1")
    assert caught.value.user == (
        "De mailserver kan dit e-mailadres niet aan: er staan bijzondere letters in."
    )
    assert connect(office).send(command(**MAIL), "key-2").outcome == "delivered"


def test_a_text_with_half_a_character_stops_that_mail_alone(office: PostOffice) -> None:
    with pytest.raises(PermanentError):
        connect(office).send(command(**MAIL | {"body": "\ud800"}), "key-1")


def test_the_check_says_that_mail_goes_unsealed(office: PostOffice) -> None:
    assert connect(office)._mailer.sealed
    assert not connect(office, smtp_host="mail.voorbeeld.example")._mailer.sealed
    assert connect(office, smtp_host="mail.x.example", smtp_security="tls")._mailer.sealed


@pytest.mark.parametrize(
    ("trouble", "text"),
    [
        ((403, "AuthError", "Invalid token: API key not found"), "NotifyNL weigert de sleutel."),
        ((403, "AuthError", "Error: Your system clock must be"), "De klok van deze server wijkt"),
        ((401, "AuthError", "Unauthorized"), "weigert de toegang (HTTP 401)"),
        ((404, "NoResultFound", "Not found"), "kent dit adres niet (HTTP 404)"),
    ],
)
def test_the_check_explains_what_is_wrong_with_notify(
    office: PostOffice, trouble: tuple[int, str, str], text: str
) -> None:
    office.trouble = trouble
    with pytest.raises(ConfigError) as caught:
        list(connect(office).check())
    assert text in caught.value.user


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"smtp_password": "fout"}, "De mailserver weigert de gebruiker of het wachtwoord."),
        (
            {"smtp_security": "starttls"},
            "De mailserver kent deze beveiliging of aanmelding niet. Kijk naar de instellingen.",
        ),
        (
            {"smtp_security": "tls"},
            "De beveiligde verbinding met de mailserver kwam niet tot stand",
        ),
    ],
)
def test_the_check_explains_what_is_wrong_with_the_mail_server(
    office: PostOffice, changed: dict[str, Any], text: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        list(connect(office, **changed).check())
    assert caught.value.user.startswith(text)


def test_a_wrong_password_of_the_mail_server_is_a_setting(office: PostOffice) -> None:
    with pytest.raises(ConfigError) as caught:
        connect(office, smtp_password="fout").send(command(**MAIL), "key-1")
    assert caught.value.access_denied


def test_a_header_cannot_be_smuggled_in(office: PostOffice) -> None:
    order = MAIL | {"subject": "Hallo\r\nBcc: boef@elders.example"}
    with pytest.raises(PermanentError, match="header"):
        connect(office).send(command(**order), "key-1")
    assert office.box.mails == []


def test_a_mail_server_where_the_hub_may_not_go_is_not_called(office: PostOffice) -> None:
    (spec,) = office.sources()
    settings = validate_config(MessageConnector, spec.config)
    connector = MessageConnector(settings, Context(clock=office.clock, http=HubSession(Reach())))
    with pytest.raises(ConfigError, match="allowed_hosts"):
        connector.send(command(**MAIL), "key-1")
    assert office.box.mails == []


def test_a_mail_server_that_is_down_got_nothing(office: PostOffice) -> None:
    connector = connect(office)
    office.box.stop()
    with pytest.raises(TransientError) as caught:
        connector.send(command(**MAIL), "key-1")
    assert not caught.value.may_have_arrived


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_server_is_only_trusted_by_its_certificate(
    office: PostOffice, tmp_path: Path, security: str
) -> None:
    authority = Authority(tmp_path)
    pair = authority.issue("mail")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pair.certificate, pair.key)
    office.box.stop()
    office.box.start(tls=tls, at_once=security == "tls")
    ours = {"smtp_security": security, "smtp_host": "localhost"}
    with pytest.raises(ConfigError, match="TLS"):
        connect(office, **ours).send(command(**MAIL), "key-1")
    ours["smtp_ca_file"] = str(authority.file)
    assert connect(office, **ours).send(command(**MAIL), "key-1").outcome == "delivered"


# --- settings and the check ------------------------------------------------------------------


def test_the_check_names_its_steps(office: PostOffice) -> None:
    steps = list(connect(office).check())
    assert [step.name for step in steps] == [
        "DNS",
        "Poort",
        "Aanmelden",
        "Sjablonen",
        "Mailserver",
    ]
    assert all(step.ok for step in steps)
    assert steps[3].message == (
        "4 sjablonen zijn klaar voor gebruik. Niet ingesteld, en dus niet te sturen: nieuwsbrief."
    )


def test_a_template_that_is_not_there_or_of_another_channel_fails_the_check(
    office: PostOffice,
) -> None:
    (spec,) = office.sources()
    changed = spec.config["templates"].replace("uitnodiging; sms", "uitnodiging; brief")
    nowhere = "f2a1f0f4-5b1d-4a0c-9a55-000000000000"
    step = list(connect(office, templates=f"{changed} | oud; sms; {nowhere}; informatie").check())[
        -1
    ]
    assert (step.name, step.ok) == ("Sjablonen", False)
    assert step.message == (
        "Sjablonen kloppen niet met NotifyNL: uitnodiging is daar geen brief; oud bestaat daar "
        "niet."
    )


def test_settings_are_refused_with_every_fault(office: PostOffice) -> None:
    lines = "a; fax; 1; soms | b; sms | ; sms; 1; incasso"
    with pytest.raises(ConfigError) as caught:
        connect(office, api_key="", smtp_host="", mail_from="x", templates=lines)
    text = caught.value.user
    assert "API-sleutel: Vul de sleutel van NotifyNL in, of een mailserver." in text
    for fault in (
        "sjabloon 'a': kanaal is een van: sms, e-mail, brief.",
        "sjabloon 'a': het nummer is geen UUID, zoals NotifyNL die toont.",
        "sjabloon 'a': zeg of het incasso of informatie is.",
        "sjabloon 'b': verwacht naam; kanaal; nummer; incasso of informatie.",
        "sjabloon '': heeft geen naam.",
    ):
        assert fault in text


def test_half_a_key_or_an_address_without_a_name_is_a_setting_to_mend(office: PostOffice) -> None:
    with pytest.raises(ConfigError, match="een e-mailadres in"):
        connect(office, mail_from="x")
    with pytest.raises(ConfigError) as caught:
        list(connect(office, api_key=f"naam-{office.service}").check())
    assert caught.value.user.startswith("De sleutel van NotifyNL is niet heel.")


def test_without_notify_only_mail_goes_out(office: PostOffice) -> None:
    connector = connect(office, api_key="")
    assert connector.send(command(**MAIL), "key-1").outcome == "delivered"
    assert connector.inquire("key-1") is None
    assert [batch.records for batch in connector.read("statuses", None)] == [[]]
    with pytest.raises(ConfigError, match="no key"):
        connector.send(command(**SMS), "key-2")
    with pytest.raises(ConfigError, match="no mail server"):
        connect(office, smtp_host="").send(command(**MAIL), "key-3")
