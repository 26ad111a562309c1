"""The settings of the CCBR. Without a recorded ground nothing is asked."""

from __future__ import annotations

from marshmallow import fields, validate

from hub.connector import ConfigError, ConfigSchema, setting

#: What is said when nobody recorded why the register may be asked.
NO_GROUND = (
    "Er is niet vastgelegd waarom en op welke grondslag de gemeente het curatele- en "
    "bewindregister bevraagt. De hub vraagt niets. Leg dit eerst juridisch vast en vul het in bij "
    "de instellingen."
)


class Settings(ConfigSchema):
    """Where the register is, who we are to it, and why we may ask."""

    url = setting(
        fields.Url,
        "Adres",
        "Het adres van de dataservice.",
        require_tld=False,
        load_default="https://ccbrservice.rechtspraak.nl/ccbrdataservice.svc",
    )
    sts_url = setting(
        fields.Url,
        "Adres voor het token",
        "Waar de hub zich aanmeldt (WS-Trust 1.3, usernamemixed).",
        require_tld=False,
        load_default="https://sts.rechtspraak.nl/adfs/services/trust/13/usernamemixed",
        group="Aanmelden",
    )
    realm = setting(
        fields.String,
        "Realm",
        "Voor welke dienst het token is.",
        load_default="https://ccbrservice.rechtspraak.nl/",
        group="Aanmelden",
    )
    username = setting(
        fields.String, "Gebruikersnaam", "De naam van uw account.", group="Aanmelden"
    )
    password = setting(
        fields.String, "Wachtwoord", "Het wachtwoord daarbij.", secret=True, group="Aanmelden"
    )
    ca_file = setting(
        fields.String,
        "CA-bestand",
        "Pad van het bestand met de PKIoverheid Private Root CA G1, waaronder de dataservice valt.",
        path=True,
        load_default="",
    )
    partial = setting(
        fields.Boolean,
        "Ook gedeeltelijke overeenkomsten",
        "Vraag ook kaarten op die het register zelf geen volledige overeenkomst noemt. "
        "Meestal zijn dat naamgenoten.",
        group="Grondslag",
        load_default=False,
    )
    ground = setting(
        fields.String,
        "Doel en grondslag",
        "Waarom en op welke wettelijke grondslag uw gemeente dit register voor cliënten van de "
        "schuldhulp bevraagt. Zolang dit leeg is, vraagt de hub niets. De gebruiksvoorwaarden "
        "staan niet elk doel toe.",
        group="Grondslag",
        load_default="",
        validate=validate.Length(max=500, error="Gebruik hoogstens 500 tekens."),
    )


def need_ground(ground: str) -> None:
    """Raise ConfigError when no purpose and ground are recorded."""
    if not ground.strip():
        raise ConfigError(NO_GROUND, "no purpose and ground recorded; nothing is asked")
