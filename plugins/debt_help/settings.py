"""The settings of a debt-help case system."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from hub.connector import ConfigSchema, setting
from plugins.debt_help.messages import DEBT_FIELDS

_NEEDED = {"http": ("url", "token_url", "client_id", "client_secret"), "folder": ("folder",)}


def _url() -> validate.Regexp:
    return validate.Regexp(r"(https?://\S+)?\Z", error="Vul een adres in dat begint met https://.")


class DebtHelpConfig(ConfigSchema):
    """The settings of a debt-help case system."""

    transport = setting(
        fields.String,
        "Manier van leveren",
        "Kies http als het systeem zelf antwoord geeft. Kies folder als het bestanden in een map "
        "zet.",
        load_default="http",
        validate=validate.OneOf(["http", "folder"], error="Kies http of folder."),
    )
    url = setting(
        fields.String,
        "Adres",
        "Alleen bij http: het adres van de DDAS-dienst, zonder /gegevens, zoals "
        "https://shv.example/v1.",
        load_default="",
        validate=_url(),
    )
    folder = setting(
        fields.String,
        "Map met leveringen",
        "Alleen bij folder: de map op deze server waarin het systeem zijn leveringen zet. De hub "
        "leest het nieuwste bestand met de naam *.json. Geef elke organisatie een eigen map.",
        load_default="",
    )
    token_url = setting(
        fields.String,
        "Adres van de tokenserver",
        "Alleen bij http: het adres waar de hub zich aanmeldt, zoals https://shv.example/token.",
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
    aanleverende_organisatie = setting(
        fields.String,
        "Organisatie",
        "Alleen als de leverancier voor meer organisaties levert: de naam zoals hij die kent.",
        group="Lezen",
        load_default="",
    )
    period_start = setting(
        fields.Date,
        "Lezen vanaf",
        "De hub leest alle trajecten die liepen tussen deze dag en vandaag. Zonder deze dag kiest "
        "de leverancier zelf: de laatste volledige periode. Nieuwe trajecten ontbreken dan.",
        group="Lezen",
        load_default=None,
        allow_none=True,
        error_messages={"invalid": "Vul een datum in als 2024-01-31."},
    )
    page_size = setting(
        fields.Integer,
        "Trajecten per pagina",
        "Hoeveel trajecten de hub per keer vraagt: 1 tot 25000.",
        group="Lezen",
        load_default=1000,
        validate=validate.Range(1, 25000, error="Vul een getal in van 1 tot 25000."),
    )
    bsn_check = setting(
        fields.String,
        "BSN dat niet klopt",
        "Kies warn om een traject te houden als een BSN niet aan de elfproef voldoet; het BSN "
        "staat dan als niet gecontroleerd in het overzicht. Kies reject om zo'n traject af te "
        "keuren.",
        group="Lezen",
        load_default="warn",
        validate=validate.OneOf(["warn", "reject"], error="Kies warn of reject."),
    )
    reference_field = setting(
        fields.String,
        "Veld met het vorderingnummer",
        "DDAS kent geen veld voor het nummer dat de schuldeiser aan een schuld geeft. Vul de naam "
        "in van het veld dat de leverancier daarvoor toevoegt. Zonder dat veld koppelt de hub op "
        "schuldeiser en bedrag.",
        group="Lezen",
        load_default="referentie",
        validate=validate.NoneOf(
            DEBT_FIELDS, error="Dit is een veld van DDAS zelf; vul een ander veld in."
        ),
    )

    @validates_schema(skip_on_field_errors=False)
    def _enough(self, data: dict[str, Any], **kwargs: Any) -> None:
        transport = data.get("transport", "")
        empty = [name for name in _NEEDED.get(transport, ()) if data.get(name) == ""]
        if empty:
            text = f"Vul dit in: het is nodig bij de manier van leveren {transport}."
            raise ValidationError({name: [text] for name in empty})
