"""The settings of the BRP: where it is, how we sign in, and what may be asked."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from hub.connector import ConfigSchema, setting

#: What is always asked: to know somebody again, and to see why somebody is no longer there.
MATCH = (
    "burgerservicenummer",
    "naam.voorletters",
    "naam.voorvoegsel",
    "naam.geslachtsnaam",
    "geboorte.datum",
    "gemeenteVanInschrijving",
    "overlijden.datum",
    "verblijfplaats.datumVan",
)

#: What a setting adds. Whether somebody was found not to live at an address comes by itself.
MORE = {
    "ask_address": (
        "verblijfplaats.verblijfadres.officieleStraatnaam",
        "verblijfplaats.verblijfadres.korteStraatnaam",
        "verblijfplaats.verblijfadres.huisnummer",
        "verblijfplaats.verblijfadres.huisletter",
        "verblijfplaats.verblijfadres.huisnummertoevoeging",
        "verblijfplaats.verblijfadres.aanduidingBijHuisnummer",
        "verblijfplaats.verblijfadres.postcode",
        "verblijfplaats.verblijfadres.woonplaats",
        "verblijfplaats.verblijfadres.locatiebeschrijving",
        "verblijfplaats.verblijfadres.regel1",
        "verblijfplaats.verblijfadres.regel2",
        "verblijfplaats.verblijfadres.regel3",
        "verblijfplaats.verblijfadres.land",
    ),
    "ask_first_names": ("naam.voornamen",),
    "ask_gender": ("geslacht",),
}

#: What is asked of the candidates of a search: enough to see whether one of them is it.
CANDIDATE = (
    "burgerservicenummer",
    "naam.voorletters",
    "naam.voorvoegsel",
    "naam.geslachtsnaam",
    "geboorte.datum",
)


#: By this name the place where somebody lives is asked by who may know no address abroad, and
#: which fields it does not have.
DOMESTIC = "verblijfplaatsBinnenland"
_ABROAD = frozenset(("regel1", "regel2", "regel3", "land"))


def wanted(settings: Any) -> list[str]:
    """Return the fields that these settings ask of a person whose BSN is known."""
    found = [*MATCH, *(field for name, some in MORE.items() if settings[name] for field in some)]
    if not settings["only_domestic"]:
        return found
    return [
        field.replace("verblijfplaats.", f"{DOMESTIC}.")
        for field in found
        if field.rpartition(".")[2] not in _ABROAD
    ]


class Settings(ConfigSchema):
    """Where the BRP is, who we are to it, and what may be asked."""

    url = setting(
        fields.Url,
        "Adres",
        "Het adres van de BRP API, zonder /personen aan het eind.",
        require_tld=False,
    )
    token_url = setting(
        fields.String,
        "Adres voor het token",
        "Waar de hub een OAuth-token haalt. Leeg: de hub vraagt geen token.",
        group="Aanmelden",
        load_default="",
    )
    client_id = setting(
        fields.String, "Client-id", "Dit krijgt u van RvIG.", group="Aanmelden", load_default=""
    )
    client_secret = setting(
        fields.String,
        "Client-secret",
        "Dit krijgt u van RvIG.",
        secret=True,
        group="Aanmelden",
        load_default="",
    )
    scope = setting(
        fields.String,
        "Scope",
        "Bij RvIG: uw afnemersindicatie, een streepje en het OIN van uw certificaat.",
        group="Aanmelden",
        load_default="",
    )
    resource_server = setting(
        fields.String,
        "Resource server",
        "De naam die RvIG noemt, zoals ResourceServer01. Leeg: de hub noemt er geen.",
        group="Aanmelden",
        load_default="",
    )
    api_key = setting(
        fields.String,
        "API-sleutel",
        "Alleen als uw gateway daarom vraagt.",
        secret=True,
        group="Aanmelden",
        load_default="",
    )
    api_key_header = setting(
        fields.String,
        "Veld voor de API-sleutel",
        "In dit veld (header) verwacht uw gateway de sleutel.",
        group="Aanmelden",
        load_default="X-API-KEY",
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
        "Pad van ons PKIoverheid-certificaat met OIN, als de dienst erom vraagt.",
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
    ask_address = setting(
        fields.Boolean,
        "Adres vragen",
        "Nodig om te zien waarom post niet aankomt. Uw autorisatiebesluit moet het toestaan.",
        group="Wat wordt gevraagd",
        load_default=True,
    )
    only_domestic = setting(
        fields.Boolean,
        "Alleen adressen in Nederland",
        "Als u geen adressen in het buitenland mag vragen. De hub ziet dan niet dat een adres "
        "onbekend is of in het buitenland ligt; wel dat de bijhouding is opgeschort.",
        group="Wat wordt gevraagd",
        load_default=False,
    )
    ask_first_names = setting(
        fields.Boolean,
        "Voornamen vragen",
        "Alleen als u mensen met dezelfde voorletters uit elkaar moet houden.",
        group="Wat wordt gevraagd",
        load_default=True,
    )
    ask_gender = setting(
        fields.Boolean,
        "Geslacht vragen",
        "Alleen als u het voor een aanhef nodig hebt.",
        group="Wat wordt gevraagd",
        load_default=False,
    )
    search_without_bsn = setting(
        fields.Boolean,
        "Zoeken zonder BSN",
        "Zoek wie geen BSN heeft op naam en geboortedatum, of op naam en adres. Alleen wie precies "
        "past en de enige is, wordt overgenomen.",
        group="Wat wordt gevraagd",
        load_default=False,
    )

    @validates_schema
    def _whole(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["token_url"] and not (data["client_id"] and data["client_secret"]):
            raise ValidationError("vul ook client-id en client-secret in", "token_url")
        if bool(data["certificate_file"]) != bool(data["key_file"]):
            raise ValidationError("vul certificaat en sleutel allebei in", "certificate_file")
