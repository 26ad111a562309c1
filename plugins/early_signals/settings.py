"""The settings of an early-signal system, and on which ground municipal tax may be told."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from hub.connector import ConfigSchema, setting

_TAX = "Signalen over gemeentebelasting"

_NEEDED = {"http": ("url", "token_url", "client_id", "client_secret"), "folder": ("folder",)}


def _url() -> validate.Regexp:
    return validate.Regexp(r"(https?://\S+)?\Z", error="Vul een adres in dat begint met https://.")


def _day_of_ground(label: str, help: str) -> Any:
    return setting(
        fields.Date,
        label,
        help,
        group=_TAX,
        load_default=None,
        allow_none=True,
        error_messages={"invalid": "Vul een datum in als 2024-01-31."},
    )


class SignalConfig(ConfigSchema):
    """The settings of an early-signal system."""

    transport = setting(
        fields.String,
        "Manier van leveren",
        "Kies http als het systeem zelf antwoord geeft. Kies folder als het bestanden in een map "
        "zet.",
        validate=validate.OneOf(["http", "folder"], error="Kies http of folder."),
    )
    url = setting(
        fields.String,
        "Adres",
        "Alleen bij http: het adres van de DDAS-dienst, zonder /gegevens.",
        load_default="",
        validate=_url(),
    )
    token_url = setting(
        fields.String,
        "Adres van de tokenserver",
        "Alleen bij http: het adres waar de hub zich aanmeldt.",
        group="Aanmelden",
        load_default="",
        validate=_url(),
    )
    client_id = setting(
        fields.String,
        "Client-id",
        "Alleen bij http: de naam waaronder de leverancier deze hub kent.",
        group="Aanmelden",
        load_default="",
    )
    client_secret = setting(
        fields.String,
        "Client-geheim",
        "Alleen bij http: het geheim dat bij de client-id hoort.",
        secret=True,
        group="Aanmelden",
        load_default="",
    )
    organisation = setting(
        fields.String,
        "Organisatie",
        "Alleen als de leverancier voor meer organisaties levert: de naam zoals hij die kent.",
        group="Lezen",
        load_default="",
    )
    folder = setting(
        fields.String,
        "Map met leveringen",
        "Alleen bij folder: de map op deze server waarin het systeem zijn leveringen zet. De hub "
        "leest het nieuwste bestand met de naam *.json.",
        load_default="",
    )
    period_start = setting(
        fields.Date,
        "Lezen vanaf",
        "De hub leest alles van deze dag tot vandaag. Zonder deze dag kiest de leverancier zelf: "
        "de laatste volledige periode.",
        group="Lezen",
        load_default=None,
        allow_none=True,
        error_messages={"invalid": "Vul een datum in als 2024-01-31."},
    )
    page_size = setting(
        fields.Integer,
        "Signalen per pagina",
        "Hoeveel signalen de hub per keer vraagt: 1 tot 50000.",
        group="Lezen",
        load_default=5000,
        validate=validate.Range(1, 50000, error="Vul een getal in van 1 tot 50000."),
    )

    other_partners = setting(
        fields.String,
        "Wat Overige betekent",
        "DDAS heeft geen eigen soort voor gemeentebelasting: die komt als Overige. Kies anders "
        "alleen als deze bron daaronder nooit gemeentebelasting levert.",
        group=_TAX,
        load_default="belasting",
        validate=validate.OneOf(["belasting", "anders"], error="Kies belasting of anders."),
    )
    tax_ground = setting(
        fields.String,
        "Grondslag",
        "Op welke regel signalen over gemeentebelasting binnen mogen komen. Leeg: zij worden "
        "afgekeurd. De regel waarop dat eerder mocht, is in mei 2025 vervallen.",
        group=_TAX,
        load_default="",
        validate=validate.Length(0, 500, error="Gebruik hoogstens 500 tekens."),
    )
    tax_since = _day_of_ground("Geldt vanaf", "De eerste dag waarop de grondslag geldt.")
    tax_until = _day_of_ground("Geldt tot en met", "De laatste dag waarop de grondslag geldt.")

    @validates_schema
    def _grounded(self, data: dict[str, Any], **kwargs: Any) -> None:
        days = (data["tax_since"], data["tax_until"])
        told = (data["tax_ground"].strip(), *days)
        if any(told) and not all(told):
            text = "Vul grondslag, begin en einde alle drie in, of geen van drie."
            raise ValidationError(text, "tax_ground")
        if all(days) and days[0] > days[1]:
            raise ValidationError("De grondslag eindigt voor zij begint.", "tax_until")

    @validates_schema
    def _enough(self, data: dict[str, Any], **kwargs: Any) -> None:
        empty = [name for name in _NEEDED.get(data["transport"], ()) if not data[name]]
        if empty:
            text = f"Vul dit in: het is nodig bij de manier van leveren {data['transport']}."
            raise ValidationError({name: [text] for name in empty})
