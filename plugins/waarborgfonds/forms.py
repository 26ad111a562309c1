"""The forms with which a credit bank gives the fund its commands.

What the letters and numbers of the fund's codes mean is not in its public documentation, so they
are asked as the fund writes them.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import Schema, fields, post_load, pre_load, validate

from hub.connector import Euros, OrderForm, setting

#: What the fund wants to know of every loan, by the code under which it is told.
STATISTICS = {
    "bevolkingsgroep": "Bevolkingsgroep",
    "betalende_instantie": "Betalende instantie",
    "kredietdoel": "Kredietdoel",
    "leeftijdsgroep": "Leeftijdsgroep",
    "soort_borgstelling": "Soort borgstelling",
}

_AMOUNTS = {
    "aflossing": "Aflossing",
    "kredietvergoeding": "Kredietvergoeding",
    "vertragingsrente": "Vertragingsrente",
    "boeterente": "Boeterente",
}

_MOST_MONTHS = 60


def _euros(label: str, group: str, **options: Any) -> Any:
    return setting(Euros, label, "In euro's, als 1250,50.", group=group, **options)


def _arrear(label: str) -> Any:
    return _euros(label, "Achterstand", load_default=None)


def _day(label: str, help: str, group: str = "Krediet") -> Any:
    return setting(fields.Date, label, help, group=group)


class _Form(Schema):
    """A form whose values go into a command: days as text, and nothing that was left empty."""

    @post_load
    def _plain(self, data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        told = {name: value for name, value in data.items() if value not in (None, "")}
        days = {name: one.isoformat() for name, one in told.items() if isinstance(one, date)}
        return self.shaped({**told, **days})

    def shaped(self, told: dict[str, Any]) -> dict[str, Any]:
        """Return the data of the command, of a form that is as flat as a page."""
        return told


class _Marked(_Form):
    reference = setting(
        fields.String,
        "Kenmerk",
        "Het kenmerk van het krediet bij de kredietbank. Geen BSN en geen naam.",
        group="Krediet",
        validate=validate.Length(1, 60, error="Gebruik hoogstens 60 tekens."),
    )


class Assessment(_Marked):
    """A loan as it is asked about: amounts in cents, a term in months."""

    loan_sort = setting(
        fields.String,
        "Soort lening",
        "De code van het fonds.",
        group="Krediet",
        validate=validate.OneOf(["SK", "SL", "PL"], error="Kies SK, SL of PL."),
    )
    category = setting(
        fields.String, "Categorie", "De borgstellingcategorie van het fonds.", group="Krediet"
    )
    gross_loan = _euros("Bruto kredietsom", "Krediet")
    months = setting(
        fields.Integer,
        "Looptijd in maanden",
        f"Van 1 tot en met {_MOST_MONTHS}.",
        group="Krediet",
        validate=validate.Range(
            1, _MOST_MONTHS, error=f"Vul een getal in van 1 tot en met {_MOST_MONTHS}."
        ),
    )
    postcode_area = setting(
        fields.String,
        "Postcodegebied",
        "De vier cijfers van de postcode; meer hoort het fonds niet te weten.",
        group="Krediet",
        validate=validate.Regexp(r"[0-9]{4}\Z", error="Vul alleen de vier cijfers in."),
    )
    contact_email = setting(
        fields.Email, "E-mail", "Waar het fonds vragen kan stellen.", group="Kredietbank"
    )


def _statistic(label: str) -> Any:
    return setting(fields.String, label, "De code van het fonds.", group="Statistiek")


class Request(Assessment):
    """A request for a guarantee."""

    bevolkingsgroep = _statistic(STATISTICS["bevolkingsgroep"])
    betalende_instantie = _statistic(STATISTICS["betalende_instantie"])
    kredietdoel = _statistic(STATISTICS["kredietdoel"])
    leeftijdsgroep = _statistic(STATISTICS["leeftijdsgroep"])
    soort_borgstelling = _statistic(STATISTICS["soort_borgstelling"])
    pro_forma = setting(
        fields.String,
        "Kenmerk van de voorbeoordeling",
        "Alleen als die er was.",
        group="Krediet",
        load_default="",
    )

    def shaped(self, told: dict[str, Any]) -> dict[str, Any]:
        """Return the data with the statistics as a list of codes."""
        rows = [{"code": label.lower(), "value": told[name]} for name, label in STATISTICS.items()]
        rest = {name: value for name, value in told.items() if name not in STATISTICS}
        return {**rest, "statistics": rows}


class Takeover(Request):
    """A request for a guarantee of a loan that runs already."""

    outstanding = _euros("Uitstaand saldo", "Krediet")
    paid_out_on = _day("Uitbetaald op", "De dag waarop het krediet is uitbetaald.")


class End(_Marked):
    """The end of a guarantee."""

    on = _day("Beëindigd op", "De dag waarop de borgstelling eindigt.")


class Payout(_Marked):
    """A request to pay what the guarantee stands for."""


class Report(_Marked):
    """How a loan runs: what was lent, what was paid, and what is in arrears."""

    paid_out_on = _day("Uitbetaald op", "De dag waarop het krediet is uitbetaald.")
    loan_bruto = _euros("Bruto kredietsom", "Krediet")
    loan_netto = _euros("Netto kredietsom", "Krediet")
    payments_last_on = _day("Laatste aflossing op", "De dag van de laatste aflossing.", "Betaald")
    payments_aflossing = _euros("Aflossing", "Betaald")
    payments_kredietvergoeding = _euros("Kredietvergoeding", "Betaald")
    payments_vertragingsrente = _euros("Vertragingsrente", "Betaald")
    payments_boeterente = _euros("Boeterente", "Betaald")
    arrears_aflossing = _arrear("Aflossing")
    arrears_kredietvergoeding = _arrear("Kredietvergoeding")
    arrears_vertragingsrente = _arrear("Vertragingsrente")
    arrears_boeterente = _arrear("Boeterente")
    ahead = _euros("Voorstand", "Krediet", load_default=None)
    has_plan = setting(
        fields.Boolean,
        "Betalingsregeling",
        "Is er een betalingsregeling?",
        group="Krediet",
        load_default=False,
    )
    doubtful = setting(
        fields.Boolean,
        "Dubieus",
        "Is het krediet dubieus?",
        group="Krediet",
        load_default=False,
    )

    @pre_load
    def _all_or_none(self, data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Fill the arrears up with nothing once one of them is told: they go together."""
        names = [f"arrears_{name}" for name in _AMOUNTS]
        if any(data.get(name) for name in names):
            return {**dict.fromkeys(names, "0"), **data}
        return data

    def shaped(self, told: dict[str, Any]) -> dict[str, Any]:
        """Return the data with its amounts in groups."""
        found: dict[str, Any] = {}
        for name, value in told.items():
            group, _, part = name.partition("_")
            if group in ("loan", "payments", "arrears"):
                found.setdefault(group, {})[part] = value
            else:
                found[name] = value
        return found


FORMS = (
    OrderForm(
        "guarantee_assessment",
        "Voorbeoordeling vragen",
        Assessment,
        "Vraag vooraf of het fonds borg wil staan voor een saneringskrediet.",
    ),
    OrderForm(
        "guarantee_request",
        "Borgstelling aanvragen",
        Request,
        "Is er al een voorbeoordeling, vul dan het kenmerk daarvan in.",
    ),
    OrderForm("guarantee_takeover", "Borgstelling voor een lopend krediet aanvragen", Takeover),
    OrderForm("guarantee_end", "Borgstelling beëindigen", End),
    OrderForm("guarantee_payout", "Uitbetaling vragen", Payout),
    OrderForm("guarantee_report", "Stand van een krediet doorgeven", Report),
)
