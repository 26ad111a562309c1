"""The settings of letters and messages: NotifyNL, a mail server, and the templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from hub.connector import ConfigSchema, RecordError, setting
from plugins.messages.templates import read_templates

_a_number = validate.Regexp(
    r"([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})?\Z",
    error="Dit is geen UUID, zoals NotifyNL die toont.",
)


class Settings(ConfigSchema):
    """Where messages go, and which."""

    url = setting(
        fields.Url,
        "Adres van NotifyNL",
        "Zoals https://api.notifynl.nl.",
        require_tld=False,
        load_default="https://api.notifynl.nl",
    )
    api_key = setting(
        fields.String,
        "API-sleutel",
        "De sleutel die u in NotifyNL maakt, met naam en al. Leeg: alleen e-mail over SMTP.",
        secret=True,
        group="Aanmelden",
        load_default="",
    )
    callback_token = setting(
        fields.String,
        "Token voor meldingen",
        "Het token dat u in NotifyNL bij Callbacks invult. NotifyNL meldt dan zelf of een "
        "bericht is aangekomen.",
        secret=True,
        incoming=True,
        group="Aanmelden",
        load_default="",
    )
    email_reply_to_id = setting(
        fields.String,
        "Antwoordadres",
        "Het nummer (UUID) van het adres in NotifyNL waar antwoorden op e-mail naartoe gaan. Leeg: "
        "het standaardadres van de dienst.",
        group="Sjablonen",
        load_default="",
        validate=_a_number,
    )
    sms_sender_id = setting(
        fields.String,
        "Sms-afzender",
        "Het nummer (UUID) van de sms-afzender in NotifyNL. Leeg: de standaard van de dienst.",
        group="Sjablonen",
        load_default="",
        validate=_a_number,
    )
    templates = setting(
        fields.String,
        "Sjablonen",
        "Per sjabloon: naam; kanaal (sms, e-mail of brief); nummer bij NotifyNL; incasso of "
        "informatie. Tussen twee sjablonen een | of een nieuwe regel. Een incassosjabloon gaat "
        "niet uit naar een inwoner met een incassopauze.",
        group="Sjablonen",
        load_default="",
    )
    smtp_host = setting(
        fields.String,
        "Mailserver",
        "De naam van de mailserver voor e-mail zonder sjabloon. Leeg: geen e-mail over SMTP.",
        group="E-mail",
        load_default="",
    )
    smtp_port = setting(
        fields.Integer,
        "Poort",
        "Meestal 587, met STARTTLS.",
        group="E-mail",
        load_default=587,
        validate=validate.Range(1, 65535, error="Vul een poort in van 1 tot en met 65535."),
    )
    smtp_security = setting(
        fields.String,
        "Beveiliging",
        "Kies starttls (poort 587) of tls (poort 465). Kies geen alleen op dezelfde machine.",
        group="E-mail",
        load_default="starttls",
        validate=validate.OneOf(("starttls", "tls", "geen"), error="Kies starttls, tls of geen."),
    )
    smtp_user = setting(
        fields.String, "Gebruiker", "Leeg: zonder aanmelden.", group="E-mail", load_default=""
    )
    smtp_password = setting(
        fields.String,
        "Wachtwoord",
        "Het wachtwoord van deze gebruiker.",
        secret=True,
        group="E-mail",
        load_default="",
    )
    smtp_ca_file = setting(
        fields.String,
        "CA-bestand",
        "Pad van het certificaat dat wij vertrouwen. Leeg: wat de server vertrouwt.",
        path=True,
        group="E-mail",
        load_default="",
    )
    mail_from = setting(
        fields.String,
        "Afzender",
        "Het adres waarvan e-mail komt, zoals schuldhulp@gemeente.nl.",
        group="E-mail",
        load_default="",
    )

    @validates_schema
    def _goes_together(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        found: dict[str, list[str]] = {}
        if data["smtp_host"] and "@" not in data["mail_from"]:
            found["mail_from"] = ["Vul een e-mailadres in."]
        if not data["api_key"] and not data["smtp_host"]:
            found["api_key"] = ["Vul de sleutel van NotifyNL in, of een mailserver."]
        try:
            read_templates(data["templates"])
        except RecordError as error:
            found["templates"] = [f"{problem}." for problem in error.problems]
        if found:
            raise ValidationError(found)
