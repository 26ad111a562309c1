"""The settings of the CIR. Without a recorded ground nothing is asked."""

from __future__ import annotations

from marshmallow import fields, validate

from hub.connector import ConfigError, ConfigSchema, setting

#: What is said when nobody recorded why the register may be asked.
NO_GROUND = (
    "Er is niet vastgelegd waarom en op welke grondslag de gemeente het insolventieregister "
    "bevraagt. De hub vraagt niets. Leg dit eerst juridisch vast en vul het in bij de instellingen."
)


class Settings(ConfigSchema):
    """Where the register is, who we are to it, and why we may ask."""

    url = setting(
        fields.Url,
        "Adres",
        "Het adres van de webservice.",
        require_tld=False,
        load_default="https://webservice.rechtspraak.nl/cir.asmx",
    )
    username = setting(
        fields.String, "Gebruikersnaam", "De naam van uw abonnement.", group="Aanmelden"
    )
    password = setting(
        fields.String, "Wachtwoord", "Het wachtwoord daarbij.", secret=True, group="Aanmelden"
    )
    soap = setting(
        fields.String,
        "Versie van SOAP",
        "1.2 volgens de handleiding; 1.1 kan ook.",
        load_default="1.2",
        validate=validate.OneOf(("1.1", "1.2"), error="Kies 1.1 of 1.2."),
    )
    ca_file = setting(
        fields.String,
        "CA-bestand",
        "Pad van het bestand met de stamcertificaten van PKIoverheid waaronder de dienst valt.",
        path=True,
        load_default="",
    )
    ground = setting(
        fields.String,
        "Doel en grondslag",
        "Waarom en op welke wettelijke grondslag uw gemeente dit register voor cliënten van de "
        "schuldhulp bevraagt. Zolang dit leeg is, vraagt de hub niets.",
        group="Grondslag",
        load_default="",
        validate=validate.Length(max=500, error="Gebruik hoogstens 500 tekens."),
    )


def need_ground(ground: str) -> None:
    """Raise ConfigError when no purpose and ground are recorded."""
    if not ground.strip():
        raise ConfigError(NO_GROUND, "no purpose and ground recorded; nothing is asked")
