"""The settings of a delivery: who delivers, who may fetch, and with what is signed."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from marshmallow import ValidationError, fields, validate

from hub.connector import ConfigSchema, setting

_SIGNING = "Ondertekenen"
_CALLER = "Wie mag ophalen"
_DELIVERER = "Wie levert"


def _long_enough(value: str) -> None:
    if len(value) < 20:
        raise ValidationError("Kies een geheim van 20 tekens of meer.")


def _long_enough_or_nothing(value: str) -> None:
    if value:
        _long_enough(value)


def _email_or_nothing(value: str) -> None:
    if value:
        validate.Email(error="Dit is geen e-mailadres.")(value)


def _optional(label: str, help: str, group: str, **more: Any) -> Any:
    return setting(fields.String, label, help, group=group, load_default="", **more)


class DeliveryConfig(ConfigSchema):
    """What is delivered by whom, and how."""

    standard = setting(
        fields.String,
        "Levering",
        "Kies shv voor schuldhulpverlening of vs voor vroegsignalering. Voor allebei: maak twee "
        "bronnen.",
        group=_DELIVERER,
        validate=validate.OneOf(["shv", "vs"], error="Kies shv of vs."),
    )
    organisation = setting(
        fields.String,
        "Organisatie",
        "De naam van de organisatie die levert, zoals het CBS haar kent.",
        group=_DELIVERER,
        validate=validate.Length(1, 200, error="Vul een naam in."),
    )
    kvk = _optional(
        "KvK-nummer",
        "Alleen als niet de gemeente zelf levert: het KvK-nummer van wie dat doet.",
        _DELIVERER,
        validate=validate.Regexp(r"([0-9]{8})?\Z", error="Vul acht cijfers in."),
    )
    contact_name = _optional(
        "Contactpersoon", "Wie het CBS kan bellen over de levering.", _DELIVERER
    )
    contact_title = _optional("Functie", "De functie van de contactpersoon.", _DELIVERER)
    contact_phone = _optional(
        "Telefoon", "Twee nummers? Zet er een schuine streep tussen.", _DELIVERER
    )
    contact_email = _optional(
        "E-mail",
        "Hierheen stuurt het CBS zijn bericht over de kwaliteit van de levering.",
        _DELIVERER,
        validate=_email_or_nothing,
    )
    supplier = setting(
        fields.String,
        "Code gegevensleverancier",
        "De naam en versie van de software, zoals het CBS die kent.",
        group=_DELIVERER,
        load_default=f"Schuldenhub {version('schuldenhub')}",
        validate=validate.Length(1, 200, error="Vul een code in."),
    )
    folder = setting(
        fields.String,
        "Map voor de dagvoorraad",
        "Een map op deze server, alleen voor de hub. Eens per dag legt de hub hier versleuteld "
        "klaar wat wordt geleverd; wat ouder is, gaat weg.",
        group=_DELIVERER,
    )
    client_id = setting(
        fields.String,
        "Client-id",
        "Onder deze naam vraagt de afnemer een token.",
        group=_CALLER,
        validate=validate.Length(1, 200, error="Vul een naam in."),
    )
    client_secret = setting(
        fields.String,
        "Client-geheim",
        "Het geheim dat bij het client-id hoort; minstens 20 tekens.",
        secret=True,
        incoming=True,
        group=_CALLER,
        validate=_long_enough,
    )
    gateway_token = _optional(
        "Token van de gateway",
        "Alleen achter een gateway (FSC-inway) die zelf controleert wie er belt: het vaste token "
        "dat zij meestuurt. Minstens 20 tekens.",
        _CALLER,
        secret=True,
        incoming=True,
        validate=_long_enough_or_nothing,
    )
    caller_certificate = _optional(
        "Certificaat van de afnemer",
        "Het pad van het certificaat waarmee de afnemer zijn vragen ondertekent (PEM). Leeg: de "
        "hub kijkt niet naar de handtekening onder een vraag.",
        _CALLER,
        path=True,
    )
    certificate = setting(
        fields.String,
        "Ondertekencertificaat",
        "Het pad van ons certificaat (PEM): eerst het eigen, daaronder de keten. Een ander dan "
        "dat van de verbinding.",
        group=_SIGNING,
        path=True,
    )
    key = setting(
        fields.String,
        "Sleutel",
        "Het pad van de sleutel bij dat certificaat (PEM, RSA).",
        group=_SIGNING,
        path=True,
    )
    signature_form = setting(
        fields.String,
        "Vorm van de handtekening",
        "Kies body: de handtekening gaat over het hele bericht. Kies digest: alleen over de "
        "Digest-header (JAdES HttpHeaders), zoals de nieuwste beschrijving van DDAS (2.0.0) het "
        "heeft. Vraag de afnemer welke hij controleert.",
        group=_SIGNING,
        load_default="body",
        validate=validate.OneOf(["body", "digest"], error="Kies body of digest."),
    )
