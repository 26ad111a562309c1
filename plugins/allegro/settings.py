"""The settings of Allegro."""

from __future__ import annotations

from marshmallow import fields, validate

from hub.connector import ConfigSchema, setting


class AllegroConfig(ConfigSchema):
    """Where Allegro is, and who we are to it."""

    url = setting(
        fields.String,
        "Adres",
        "Het adres van de SOAP-diensten zonder ?service=, zoals https://allegro.example:8084/SOAP.",
        validate=validate.Regexp(
            r"https?://[^\s?]+\Z", error="Vul een adres in dat begint met https://, zonder ?."
        ),
    )
    username = setting(
        fields.String,
        "Gebruikersnaam",
        "De naam waarmee de hub zich bij Allegro aanmeldt.",
        group="Aanmelden",
        validate=validate.Length(1, error="Vul de gebruikersnaam in."),
    )
    password = setting(
        fields.String,
        "Wachtwoord",
        "Het wachtwoord dat bij de gebruikersnaam hoort.",
        secret=True,
        group="Aanmelden",
        validate=validate.Length(1, error="Vul het wachtwoord in."),
    )
    ca_file = setting(
        fields.String,
        "CA-bestand",
        "Pad van het bestand met de certificaten die wij vertrouwen, als Allegro er een van uw "
        "eigen organisatie heeft. Leeg: die van deze server.",
        path=True,
        load_default="",
    )
    company = setting(
        fields.String,
        "Bedrijfscode",
        "Als uw Allegro meer bedrijven kent: de code van het bedrijf waar de schuldregelingen "
        "staan, zoals 2. Leeg: de hub vraagt de relatie zonder bedrijf.",
        group="Lezen",
        load_default="",
        validate=validate.Regexp(r"(\d{1,9})?\Z", error="Vul een getal in, of niets."),
    )
    unknown_codes = setting(
        fields.String,
        "Codes voor onbekend",
        "Bij welke codes in ExtraInfo is iemand niet bekend bij Allegro? Vraag dit aan Kred'it en "
        "zet komma's ertussen. Bij een andere code verandert de hub niets en staat de code bij de "
        "synchronisatie.",
        group="Lezen",
        load_default="",
        validate=validate.Regexp(
            r"(-?\d+(\s*,\s*-?\d+)*)?\Z", error="Vul getallen in met komma's ertussen, als 1, 4."
        ),
    )
