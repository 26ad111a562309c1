"""The settings of a collection system."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from hub.connector import ConfigSchema, setting
from schemas import CLAIM_TYPES

#: An application's name in the standard: 3 to 50 long.
_APPLICATION = validate.Length(3, 50, error="Gebruik 3 tot 50 tekens.")


class Settings(ConfigSchema):
    """Where the system is, who we are to it, and what the standard leaves open."""

    url = setting(
        fields.Url, "Adres", "Het adres van de dienst die vrdLv01 beantwoordt.", require_tld=False
    )
    username = setting(
        fields.String,
        "Gebruikersnaam",
        "Alleen als de dienst om een naam en wachtwoord vraagt.",
        load_default="",
    )
    password = setting(
        fields.String, "Wachtwoord", "Het wachtwoord daarbij.", secret=True, load_default=""
    )
    ca_file = setting(
        fields.String,
        "CA-bestand",
        "Pad van het bestand met de certificaten die wij vertrouwen. Leeg: die van deze server.",
        group="Certificaten",
        path=True,
        load_default="",
    )
    certificate_file = setting(
        fields.String,
        "Certificaat",
        "Pad van ons certificaat, als de dienst erom vraagt.",
        group="Certificaten",
        path=True,
        load_default="",
    )
    key_file = setting(
        fields.String,
        "Sleutel",
        "Pad van de sleutel van ons certificaat.",
        group="Certificaten",
        path=True,
        load_default="",
    )
    organisation = setting(
        fields.String,
        "Onze organisatie",
        "Zo staan wij in het bericht als zender, bijvoorbeeld de gemeentecode.",
        group="Afspraken",
        load_default="",
    )
    application = setting(
        fields.String,
        "Onze applicatie",
        "Onder deze naam kent het inningensysteem ons.",
        group="Afspraken",
        load_default="Schuldenhub",
        validate=_APPLICATION,
    )
    their_organisation = setting(
        fields.String,
        "Organisatie van het inningensysteem",
        "Zo staat het inningensysteem in het bericht als ontvanger.",
        group="Afspraken",
        load_default="",
    )
    their_application = setting(
        fields.String,
        "Applicatie van het inningensysteem",
        "De naam die de leverancier opgeeft.",
        group="Afspraken",
        validate=_APPLICATION,
    )
    most = setting(
        fields.Integer,
        "Hoogste aantal per vraag",
        "Zo veel vorderingen vraagt de hub per inwoner. Zijn het er meer, dan vraagt hij opnieuw.",
        group="Lezen",
        load_default=100,
        validate=validate.Range(1, 10_000, error="Kies een getal van 1 tot 10.000."),
    )
    several_creditors = setting(
        fields.Boolean,
        "Voor meer organisaties",
        "Zet dit aan als dit systeem voor meer dan een organisatie int.",
        group="Lezen",
        load_default=False,
    )
    levy_codes = setting(
        fields.String,
        "Soorten belasting",
        "Welke vorderingcode welke soort is, zoals 8001=ozb, 8002=rioolheffing. De standaard zegt "
        "dit niet; vraag het de leverancier.",
        group="Lezen",
        load_default="",
    )
    stage_element = setting(
        fields.String,
        "Extra element met de fase",
        "De naam van het extra element waarin de leverancier de fase zet. Leeg: hij doet dat niet.",
        group="Lezen",
        load_default="",
    )
    costs_element = setting(
        fields.String,
        "Extra element met de kosten",
        "De naam van het extra element met de invorderingskosten in centen. Leeg: dat is er niet.",
        group="Lezen",
        load_default="",
    )
    receive_username = setting(
        fields.String,
        "Gebruikersnaam bij ontvangst",
        "Met deze naam meldt het inningensysteem zich als het statuswijzigingen stuurt.",
        group="Ontvangen",
        load_default="inningen",
    )
    receive_password = setting(
        fields.String,
        "Wachtwoord bij ontvangst",
        "Het wachtwoord daarbij. Leeg: de hub neemt geen statuswijzigingen aan.",
        secret=True,
        incoming=True,
        group="Ontvangen",
        load_default="",
    )

    @validates_schema
    def _codes(self, data: dict[str, Any], **kwargs: Any) -> None:
        wrong = [
            kind for kind in levy_codes(data["levy_codes"]).values() if kind not in CLAIM_TYPES
        ]
        if wrong:
            known = ", ".join(sorted(CLAIM_TYPES))
            raise ValidationError(
                {"levy_codes": [f"'{wrong[0][:40]}' is geen soort. Bekend zijn: {known}."]}
            )


def levy_codes(text: str) -> dict[str, str]:
    """Return ledger code to kind of levy, out of "8001=ozb, 8002=rioolheffing"."""
    pairs = (one.partition("=") for one in re.split(r"[,;\n]", text) if one.strip())
    return {code.strip(): kind.strip() for code, _, kind in pairs}
