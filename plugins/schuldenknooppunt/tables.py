"""The elements of the messages of the Schuldenknooppunt, as far as tables are published.

In full: the BR & HF Saldoverzoek and Schuldregeling akkoord (what their tables tick is `must`).
In part: Saldoverzoek antwoord (up to OrgineleVordering,
spelled so), Betaalvoorstel (the counts of creditors), Kennisgeving 2.0 (Adreskeuze), Kennisgeving
antwoord 2.0 (Contactpersoon, Antwoord), Geen medewerking 2.0 (Reden). All other elements carry
names of ours, in the same style. No XML schema
is public: that the groups of a table are elements is inferred.
"""

from __future__ import annotations

from dataclasses import replace

from plugins.schuldenknooppunt.elements import Element

OPEN, TRANSFERRED, UNKNOWN = (
    "openstaande schuld",
    "overgedragen schuld",
    "onbekende schuld bij SE",
)

ARRANGEMENTS = ("SB", "SK", "SA", "BR", "HF")

#: The sorts of debt of the exchange, as the statistics of VNG (DDAS) name them after it.
DEBTS = ("Zorg", "Publiek", "Nuts", "Overig")


def plain(name: str, ours: str = "", kind: str = "text", *, must: bool = False) -> Element:
    """Return an element that holds one value."""
    return Element(name, kind, must, ours)


_NAME_PARTS = (
    plain("Burgerservicenummer", "bsn"),
    plain("Geslacht", "gender"),
    plain("Voorletters", "initials"),
    plain("Voornamen", "first_names"),
    plain("Voorvoegsel", "prefix"),
    plain("Achternaam", "surname"),
    plain("Geboortedatum", "birth_date", "date"),
)

#: The hub keeps a house letter and an addition as one: `addition` is made in messages.py.
_ADDRESS_PARTS = (
    plain("Straatnaam", "street"),
    plain("Huisnummer", "house_number"),
    plain("Huisletter"),
    plain("Huisnummertoevoeging", "addition"),
    plain("AanduidingBijHuisnummer"),
    plain("Postcode", "postcode"),
    plain("Woonplaats", "city"),
    plain("Woonbootverwijzing"),
    plain("Woonwagenverwijzing"),
)

_CONTACT_PARTS = (plain("Naam", "name"), plain("Telefoon", "phone"), plain("Email", "email"))

_CLIENT = Element("Klant", "group", parts=_NAME_PARTS)
_PARTNER = Element("Partner", "group", ours="partner", parts=_NAME_PARTS[1:])
_ADDRESS = Element("Adres", "group", ours="address", parts=_ADDRESS_PARTS)
_NEW_ADDRESS = Element("Adreskeuze", "group", ours="address", parts=_ADDRESS_PARTS)
_CONTACT = Element("Contactpersoon", "group", ours="contact", parts=_CONTACT_PARTS)
_THEIR_CONTACT = Element("ContactpersoonSE", "group", ours="contact", parts=_CONTACT_PARTS)
NUMBER = plain("KlantnummerSHV", "client_number")
THEIR_NUMBER = plain("KlantnummerSE", "creditor_number")
_GUESSED_NUMBER = plain("KlantnummerSEVolgensSHV", "creditor_number")
TYPE = Element("TypeSchuldregeling", ours="kind", choices=ARRANGEMENTS)
REASON, TEXT = plain("Reden", "reason"), plain("Toelichting", "text")

WHO = (NUMBER, _GUESSED_NUMBER, _CLIENT, _PARTNER, _ADDRESS, _CONTACT)
NOTICED = (NUMBER, _GUESSED_NUMBER, _CLIENT, _PARTNER, _ADDRESS, _NEW_ADDRESS, _CONTACT)

INVOICES = Element("Vorderingen", "texts", ours="references", row="FactuurnummerSEVolgensSHV")

#: From the balance on, the names are ours: the published table is cut off there.
_TOLD_CLAIM = (
    Element("Schuldtype", must=True, ours="sort", choices=(OPEN, TRANSFERRED, UNKNOWN)),
    plain("FactuurnummerSE", "reference"),
    plain("Ontstaansdatum", "imposed_on", "date"),
    plain("OrgineleVordering", "principal", "amount"),
    plain("Rente", "interest", "amount"),
    plain("Kosten", "costs", "amount"),
    plain("Betaald", "paid", "amount"),
    plain("Saldo", "open", "amount"),
    plain("VorderingsType", "claim_type"),
    Element("SoortSchuld", ours="debt", choices=DEBTS),
    plain("Beslag", "attached", "flag"),
    plain("OvergedragenAan", "transferred_to"),
)
TOLD = Element("Vorderingen", "list", ours="claims", row="Vordering", parts=_TOLD_CLAIM)

#: A creditor's answer may repeat whom the question was about and who asked.
_ASKER = replace(_CONTACT, ours="helper")
_REPEATED = Element("Klant", "group", ours="client", parts=_NAME_PARTS[1:])
ANSWERING = (NUMBER, THEIR_NUMBER, _REPEATED, _PARTNER, _ADDRESS, _ASKER, _THEIR_CONTACT)

#: Kennisgeving antwoord 2.0: its contact is that of the creditor, who knows its own invoices.
NOTICE_ANSWER = (
    NUMBER,
    THEIR_NUMBER,
    _REPEATED,
    _PARTNER,
    _ADDRESS,
    _CONTACT,
    plain("Antwoord", "text"),
    Element("Vorderingen", "texts", ours="references", row="FactuurnummerSE"),
)

UNMATCHED = Element(
    "OngematchteSchulden",
    "group",
    parts=(
        plain("Totaalvordering", "total", "amount"),
        Element(
            "OpenstaandeSchulden", "list", ours="unmatched", row="Schuld", parts=_TOLD_CLAIM[1:]
        ),
    ),
)

#: The claims of Schuldregeling akkoord, all ticked there.
_AGREED_CLAIM = (
    plain("FactuurnummerSE", "reference"),
    plain("Afkooppercentage", "percentage", "percentage"),
    plain("PrognoseEindbedrag", "amount", "amount"),
    plain("ActueelVorderingsbedrag", "claim_amount", "amount"),
    plain("VorderingsType", "claim_type"),
    plain("Betaalreferentie", "payment_reference"),
)


def _claims(*, must: bool) -> Element:
    parts = tuple(replace(one, must=must) for one in _AGREED_CLAIM)
    return Element("Vorderingen", "list", must, "claims", parts, "Vordering")


PROPOSAL = (
    NUMBER,
    THEIR_NUMBER,
    _REPEATED,
    _PARTNER,
    _ADDRESS,
    _CONTACT,
    TYPE,
    Element("SoortSchulden", "texts", ours="causes", row="Soort"),
    plain("TotaalAantalPreferenteSchuldeisers", "preferred_creditors", "number"),
    plain("TotaalAantalConcurrenteSchuldeisers", "other_creditors", "number"),
    plain("TotaleVastgesteldeSchuldPreferent", "preferred_total", "amount"),
    plain("TotaleVastgesteldeSchuldConcurrent", "other_total", "amount"),
    plain("Afloscapaciteit", "capacity", "amount"),
    plain("Looptijd", "months", "number"),
    plain("Motivatie", "reason"),
    _claims(must=False),
)

AGREED = (
    plain("DatumAkkoord", "on", "date", must=True),
    replace(THEIR_NUMBER, must=True),
    replace(NUMBER, must=True),
    Element("TypeSchuldregeling", must=True, ours="kind", choices=("SK", "SB", "SA")),
    plain("Uitbetaalmomenten", "payout_moments"),
    _claims(must=True),
)

BR_HF = (
    replace(NUMBER, must=True),
    _GUESSED_NUMBER,
    Element("TypeSchuldregeling", ours="kind", choices=("BR", "HF")),
    replace(_CLIENT, must=True),
    _PARTNER,
    replace(_ADDRESS, must=True),
    replace(_CONTACT, must=True),
    replace(INVOICES, must=True),
)

FAULTS = (
    plain("BetreftReferentienummer", "answers"),
    plain("Foutcode", "code"),
    Element("Fouten", "texts", ours="problems", row="Fout"),
)
