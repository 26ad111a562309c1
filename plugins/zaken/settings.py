"""The settings of a case system: where it is, which cases concern us, and what we tell whom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from hub.connector import ConfigSchema, setting

#: Reverse DNS of small letters, as the NL GOV profile wants event types to begin.
_PREFIX = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9-]+)+")

#: How the NL GOV profile wants a system to be named in the attribute `source`.
_SOURCE = re.compile(r"urn:nld:oin:[0-9]{20}:systeem:[A-Za-z0-9._-]+")


_ADDRESS = validate.URL(
    require_tld=False, error="Dit is geen adres. Vul een adres in dat begint met https://."
)


def an_address_or_nothing(value: str) -> None:
    """Raise ValidationError for what is no address; a form sends a field that is empty as ""."""
    if value:
        _ADDRESS(value)


class Settings(ConfigSchema):
    """Where the case system is, how it reaches us, and where events and contacts go."""

    url = setting(
        fields.Url,
        "Adres van de Zaken API",
        "Zoals https://zaken.gemeente.nl/zaken/api/v1. Versie 1.5 of hoger is nodig.",
        require_tld=False,
    )
    client_id = setting(
        fields.String,
        "Client-id",
        "Onder deze naam kent het zaaksysteem de hub.",
        group="Aanmelden",
    )
    client_secret = setting(
        fields.String,
        "Client-geheim",
        "Het geheim dat bij het client-id hoort.",
        secret=True,
        group="Aanmelden",
    )
    case_types = setting(
        fields.String,
        "Zaaktypen",
        "De adressen (URL) van de zaaktypen die de hub mag lezen, met een spatie ertussen. "
        "Andere zaken haalt de hub nooit op.",
        group="Zaken",
    )
    notifications_url = setting(
        fields.String,
        "Adres van de Notificaties API",
        "De hub neemt hier zelf een abonnement op het kanaal zaken. Leeg: geen abonnement.",
        group="Meldingen",
        validate=an_address_or_nothing,
        load_default="",
    )
    callback_url = setting(
        fields.String,
        "Ons adres voor meldingen",
        "Het adres dat op de pagina van deze bron staat, zodra zij is bewaard; het zaaksysteem "
        "moet het kunnen bereiken.",
        group="Meldingen",
        validate=an_address_or_nothing,
        load_default="",
    )
    callback_token = setting(
        fields.String,
        "Token voor meldingen",
        "Wie ons iets meldt, stuurt dit token mee (Authorization: Bearer).",
        secret=True,
        incoming=True,
        group="Meldingen",
        load_default="",
    )
    callback_secret = setting(
        fields.String,
        "Geheim voor handtekeningen",
        "Voor afzenders die hun melding ondertekenen (X-Hub-Signature-256) in plaats van een "
        "token te sturen.",
        secret=True,
        incoming=True,
        group="Meldingen",
        load_default="",
    )
    callback_origins = setting(
        fields.String,
        "Afzenders",
        "Namen van systemen die CloudEvents mogen sturen (WebHook-Request-Origin), met een "
        "spatie ertussen.",
        group="Meldingen",
        load_default="",
    )
    events_url = setting(
        fields.String,
        "Adres voor gebeurtenissen",
        "Hier stuurt de hub CloudEvents naartoe. Leeg: de hub stuurt er geen.",
        group="Gebeurtenissen",
        validate=an_address_or_nothing,
        load_default="",
    )
    events_token = setting(
        fields.String,
        "Token voor gebeurtenissen",
        "Dit token stuurt de hub mee (Authorization: Bearer). Leeg: de hub meldt zich met het "
        "client-id, zoals Open Notificaties dat vraagt.",
        secret=True,
        group="Gebeurtenissen",
        load_default="",
    )
    events_source = setting(
        fields.String,
        "Naam van de hub als bron",
        "Zoals urn:nld:oin:00000001234567890000:systeem:schuldenhub, met uw eigen OIN.",
        group="Gebeurtenissen",
        load_default="",
    )
    events_prefix = setting(
        fields.String,
        "Begin van het soort gebeurtenis",
        "Uw eigen naamruimte, zoals nl.schuldhulp. Zonder de naam van een organisatie.",
        group="Gebeurtenissen",
        load_default="",
    )
    events_origin = setting(
        fields.String,
        "Ons systeem als afzender",
        "De naam waarmee de hub zich bij een webhook meldt, zoals schuldenhub.gemeente.nl.",
        group="Gebeurtenissen",
        load_default="",
    )
    contacts_url = setting(
        fields.String,
        "Adres van klantinteracties",
        "Zoals https://klant.gemeente.nl/klantinteracties/api/v1. Leeg: de hub legt er geen "
        "contactmomenten vast.",
        group="Klantcontact",
        validate=an_address_or_nothing,
        load_default="",
    )
    contacts_token = setting(
        fields.String,
        "Token voor klantinteracties",
        "Dit token stuurt de hub mee (Authorization: Token).",
        secret=True,
        group="Klantcontact",
        load_default="",
    )
    contacts_folder = setting(
        fields.String,
        "Map voor contactmomenten",
        "In deze map zet de hub elk contactmoment als CSV-bestand. Leeg: geen bestanden.",
        group="Klantcontact",
        path=True,
        load_default="",
    )

    @validates_schema
    def _goes_together(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        found: dict[str, str] = {}
        if not data["case_types"].replace(",", " ").split():
            found["case_types"] = "Vul minstens één zaaktype in."
        if data["notifications_url"] and not (data["callback_url"] and data["callback_token"]):
            found["notifications_url"] = "Vul ook ons adres en het token voor meldingen in."
        if data["events_url"] and not _SOURCE.fullmatch(data["events_source"]):
            found["events_source"] = "Vul een naam in als urn:nld:oin:<20 cijfers>:systeem:<naam>."
        if data["events_url"] and not _PREFIX.fullmatch(data["events_prefix"]):
            found["events_prefix"] = "Vul kleine letters met punten in, zoals nl.schuldhulp."
        if found:
            raise ValidationError({name: [text] for name, text in found.items()})
