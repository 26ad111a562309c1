"""The settings of the bank files: where they are put, and for whom direct debits are made."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from hub.connector import ConfigSchema, setting

_DEBITS = "Automatische incasso"

#: An account and a creditor identifier as SEPA writes them.
_IBAN = r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}"
_CREDITOR = r"[A-Z]{2}[0-9]{2}[A-Z0-9]{3}[A-Z0-9]{1,28}"


def adds_up(number: str) -> bool:
    """Tell whether the check digits of an IBAN or creditor identifier are right (mod 97 is 1)."""
    turned = number[4:] + number[:4]
    return int("".join(str(int(one, 36)) for one in turned)) % 97 == 1


class PaymentsConfig(ConfigSchema):
    """A folder of bank files; and who collects, where direct debits are wanted."""

    folder = setting(
        fields.String,
        "Map met bankbestanden",
        "De map op deze server waarin de bankbestanden (camt.052, .053 of .054) komen, als "
        "*.xml, *.xml.gz of *.zip.",
        path=True,
    )
    token = setting(
        fields.String,
        "Wachtwoord voor het incassobestand",
        "Waarmee de financiële administratie een incassobestand ophaalt. Leeg laten: dan maakt de "
        "hub geen incassobestanden.",
        secret=True,
        incoming=True,
        group=_DEBITS,
        load_default="",
        validate=validate.Regexp(r"(.{24,})?\Z", error="Kies ten minste 24 tekens."),
    )
    creditor_name = setting(
        fields.String,
        "Naam op het incassobestand",
        "De naam van de gemeente zoals de bank die kent, hoogstens 70 tekens.",
        group=_DEBITS,
        load_default="",
        validate=validate.Length(max=70, error="Gebruik hoogstens 70 tekens."),
    )
    creditor_iban = setting(
        fields.String,
        "Rekening (IBAN)",
        "De rekening waarop het geld komt, zonder spaties.",
        group=_DEBITS,
        load_default="",
        validate=validate.Regexp(rf"({_IBAN})?\Z", error="Vul een IBAN in, zonder spaties."),
    )
    creditor_id = setting(
        fields.String,
        "Incassant-id",
        "Het nummer dat de bank aan de incassant gaf; het begint met NL.",
        group=_DEBITS,
        load_default="",
        validate=validate.Regexp(rf"({_CREDITOR})?\Z", error="Dit is geen incassant-id."),
    )

    @validates_schema
    def _whole(self, data: dict[str, Any], **_: Any) -> None:
        needed = ("creditor_name", "creditor_iban", "creditor_id")
        if data["creditor_iban"] and not adds_up(data["creditor_iban"]):
            raise ValidationError({"creditor_iban": ["De controlecijfers kloppen niet."]})
        # The business code of an incassant-id is left out of its check digits.
        number = data["creditor_id"]
        if number and not adds_up(number[:4] + number[7:]):
            raise ValidationError({"creditor_id": ["De controlecijfers kloppen niet."]})
        missing = {name: ["Nodig voor een incassobestand."] for name in needed if not data[name]}
        if data["token"] and missing:
            raise ValidationError(missing)
