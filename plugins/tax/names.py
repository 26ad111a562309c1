"""The words of the delivery: each element's name, and what the hub calls it.

A format of our own (docs/tax-delivery.md); reading and writing both go by these tables.
"""

from __future__ import annotations

PERSON = {
    "bsn": "bsn",
    "voorletters": "initials",
    "voorvoegsel": "prefix",
    "achternaam": "surname",
    "geboortedatum": "birth_date",
    "straat": "street",
    "huisnummer": "house_number",
    "toevoeging": "addition",
    "postcode": "postcode",
    "woonplaats": "city",
    "telefoon": "phone",
    "email": "email",
}
CLAIM = {
    "soort": "type",
    "omschrijving": "description",
    "betalingskenmerk": "payment_reference",
    "belastingjaar": "tax_year",
    "dagtekening": "imposed_on",
    "vervaldatum": "due_on",
    "verjaringsdatum": "limitation_on",
    "hoofdsom": "principal",
    "kosten": "costs",
    "rente": "interest",
    "betaald": "paid",
    "openstaand": "open",
    "eenheid": "unit",
    "fase": "stage",
    "overgedragenAan": "transferred_to",
    "oorspronkelijkeSchuldeiser": "original_creditor",
    "oorspronkelijkNummer": "original_reference",
    "betwist": "disputed",
    "automatischeIncasso": "direct_debit",
    "peildatum": "as_of",
}
LINE = {"omschrijving": "description", "bedrag": "amount", "object": "object"}
EVENT = {"soort": "kind", "datum": "on", "bedrag": "amount", "toelichting": "description"}
PAYMENT = {"datum": "on", "bedrag": "amount", "wijze": "method"}
PLAN = {
    "ingangsdatum": "starts_on",
    "einddatum": "ends_on",
    "aantalTermijnen": "terms",
    "termijnbedrag": "term_amount",
    "status": "status",
    "automatischeIncasso": "direct_debit",
    "gemisteTermijnen": "missed",
}
INSTALLMENT = {
    "vervaldatum": "due_on",
    "bedrag": "amount",
    "betaaldOp": "paid_on",
    "betaald": "paid",
}
REMISSION = {
    "aanvraagdatum": "requested_on",
    "besluitdatum": "decided_on",
    "uitkomst": "outcome",
    "bedrag": "amount",
}
HOLD = {
    "pauzenummer": "reference",
    "omvang": "scope",
    "grond": "ground",
    "ingangsdatum": "starts_on",
    "einddatum": "ends_on",
    "bevestigdOp": "confirmed_on",
}
CONTACT = {
    "soort": "kind",
    "waarde": "value",
    "herkomst": "origin",
    "toestemming": "permitted",
    "genoteerdOp": "noted_on",
}
ATTEMPT = {
    "vorderingnummer": "about",
    "datum": "on",
    "dagdeel": "part_of_day",
    "wijze": "channel",
    "bereikt": "reached",
    "opmerking": "note",
}

#: What else a claim, a plan and a remission tell, to show as it is: the name of their group, and
#: what may stand in it. `grondVersneld` is why steps were skipped (Invorderingswet 10 and 15),
#: `notoireWanbetaler` that a claim on income took from the protected part (19(1) and (2)).
DETAILS = {
    "vordering": (
        "bijzonderheden",
        (
            "biljetnummer",
            "subjectnummer",
            "deurwaarder",
            "grondVersneld",
            "derde",
            "notoireWanbetaler",
        ),
    ),
    "betalingsregeling": (
        "voorwaarden",
        ("aangevraagdOp", "wijzeAanvraag", "ondergrens", "betalingscapaciteit", "vervalreden"),
    ),
    "kwijtscheldingsverzoek": (
        "gegevens",
        (
            "leefsituatie",
            "nettoInkomen",
            "kostenVanBestaan",
            "vermogen",
            "betalingscapaciteit",
            "bronnen",
            "afwijzingsgrond",
        ),
    ),
}

#: Elements that hold a whole number, and those that hold ja or nee.
NUMBERS = frozenset(
    {
        "belastingjaar",
        "hoofdsom",
        "kosten",
        "rente",
        "openstaand",
        "eenheid",
        "bedrag",
        "betaald",
        "aantalTermijnen",
        "termijnbedrag",
        "gemisteTermijnen",
        "nettoInkomen",
        "kostenVanBestaan",
        "vermogen",
        "betalingscapaciteit",
    }
)
FLAGS = frozenset({"betwist", "automatischeIncasso", "toestemming", "bereikt"})

#: Groups in which no element may stand twice, and groups that hold a list.
GROUPS = (
    "vordering",
    "pauze",
    "debiteur",
    "regel",
    "gebeurtenis",
    "betaling",
    "betalingsregeling",
    "termijn",
    "kwijtscheldingsverzoek",
    "bijzonderheden",
    "voorwaarden",
    "gegevens",
    "contactdossier",
    "contactgegeven",
    "contactpoging",
)
#: Groups of which a claim may have several: a plan that lapsed and the next one.
SEVERAL = frozenset({"betalingsregeling", "kwijtscheldingsverzoek"})

_LISTS = {"regels", "gebeurtenissen", "betalingen", "termijnen"}

_MORE = frozenset(name for group, names in DETAILS.values() for name in (group, *names))

#: Every element of a claim, of a hold and of a contact file.
CLAIM_FIELDS = (
    frozenset().union(PERSON, CLAIM, LINE, EVENT, PAYMENT, PLAN, INSTALLMENT, REMISSION)
    | frozenset({"vorderingnummer", "kenmerk", *_LISTS, *GROUPS})
    | _MORE
)
HOLD_FIELDS = frozenset().union(PERSON, HOLD) | {"pauze", "debiteur"}
CONTACT_FIELDS = frozenset().union(PERSON, CONTACT, ATTEMPT) | {
    "contactdossier",
    "dossiernummer",
    "debiteur",
    "contactgegevens",
    "contactgegeven",
    "contactpogingen",
    "contactpoging",
    "kenmerk",
}
