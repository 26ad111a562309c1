"""What is wrong with a setting or a form is told in Dutch, whatever kind of field it is."""

from __future__ import annotations

import pytest
from marshmallow import Schema, ValidationError, fields

from hub.connector import ConfigError, Connector, Euros, setting
from hub.entries import in_dutch
from hub.plugins import load_plugins
from hub.sync.sources import faults_of, validate_config


class _Everything(Schema):
    text = setting(fields.String, "Tekst", "Een tekst.")
    number = setting(fields.Integer, "Getal", "Een getal.")
    part = setting(fields.Float, "Deel", "Een getal.")
    flag = setting(fields.Boolean, "Vlag", "Ja of nee.")
    day = setting(fields.Date, "Dag", "Een dag.")
    place = setting(fields.Url, "Adres", "Een adres.")
    mail = setting(fields.Email, "E-mail", "Een adres.")
    number_of_us = setting(fields.UUID, "Nummer", "Een nummer.")
    amount = setting(Euros, "Bedrag", "Een bedrag.")


def faults(told: dict[str, object]) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        _Everything().load(told)
    return faults_of(_Everything(), caught.value)


def test_what_is_not_filled_in_is_told_in_dutch() -> None:
    found = faults({})
    assert "Tekst: Vul dit in." in found
    assert "Bedrag: Vul een bedrag in." in found, "a field that has Dutch words keeps them"
    assert len(found) == len(_Everything().fields)


def test_what_is_no_such_thing_is_told_in_dutch() -> None:
    assert faults({name: [] for name in _Everything().fields}) == [
        "Tekst: Vul hier tekst in.",
        "Getal: Vul een geheel getal in, als 12.",
        "Deel: Vul een getal in, als 12.",
        "Vlag: Kies ja of nee.",
        "Dag: Vul een datum in, als 2026-11-23.",
        "Adres: Vul een adres in, als https://register.example.",
        "E-mail: Vul een e-mailadres in, als naam@gemeente.example.",
        "Nummer: Vul een nummer in, als 0d5d1f5e-3a54-4b6e-9c79-7f6f0f5b8e11.",
        "Bedrag: '[]' is geen bedrag; verwacht euro's als 1.234,56",
    ]


def test_words_of_a_connector_go_before_ours() -> None:
    own = {"required": "Vraag dit aan de leverancier."}
    field = setting(fields.String, "Code", "Een code.", error_messages=own)
    assert field.error_messages["required"] == own["required"]
    assert field.error_messages["invalid"] == "Vul hier tekst in."


#: Of moments and of writing a value, which no form does.
UNSEEN = {"format", "invalid_awareness"}

#: Whatever marshmallow says of a field by itself.
ENGLISH = {
    text
    for kind in vars(fields).values()
    if isinstance(kind, type)
    for text in kind.__dict__.get("default_error_messages", {}).values()
}


@pytest.mark.parametrize(
    "connector", load_plugins().connectors.values(), ids=lambda one: str(one.name)
)
def test_no_form_of_ours_says_a_word_of_english(connector: type[Connector]) -> None:
    """Should marshmallow change its words, this tells which of them we no longer translate."""
    schemas = [connector.config()]
    schemas += [one.schema() for one in (*connector.entries, *connector.order_forms)]
    for schema in schemas:
        for name, field in schema.fields.items():
            said = {k: text for k, text in field.error_messages.items() if k not in UNSEEN}
            assert not ENGLISH & set(said.values()), f"{name}: {said}"


def test_a_setting_that_does_not_exist_is_told_in_dutch() -> None:
    ledger = load_plugins().connectors["ledger"]
    with pytest.raises(ConfigError) as told:
        validate_config(ledger, {"onzin": 1})
    assert "onzin (onbekend): Deze instelling bestaat niet." in told.value.user
    assert "Wachtwoord: Vul dit in." in told.value.user


def test_every_kind_of_field_has_its_words() -> None:
    assert in_dutch(fields.String)["required"] == "Vul dit in."
    assert "required" not in in_dutch(Euros)
