"""Cards of the register as entries of the hub; what has no field stands in `details`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta
from lxml import etree

from hub.connector import Fact, RecordError
from plugins.ccbr.soap import DATA, XSI, child, local
from schemas.fields import shown

#: Our own names of a record: its key, its cards, and of each card whether all of it fitted.
KEY, CARDS, CARD, WHOLE = "sleutel", "kaarten", "kaart", "volledig"

#: Copies may be kept until so long after the end (terms of use of the register).
KEEP = relativedelta(months=6)

#: What stands beside every entry, as nobody knows for sure whom it is about.
POSSIBLE = "Mogelijke overeenkomst: het register kent geen BSN. Een mens moet dit beoordelen."
CONTRADICTION = "De grond en het kaartnummer spreken elkaar tegen; kijk op de kaart zelf."

#: By ground: the measure, and why.
GROUNDS = {
    "01": ("Bewind", "verkwisting of problematische schulden"),
    "02": ("Bewind", "lichamelijke of geestelijke toestand"),
    "03": ("Curatele", "geestelijke stoornis"),
    "04": ("Curatele", "drank- of drugsmisbruik"),
}

#: By the first letters of a card's number: the measure.
PREFIXES = {"BM": "Bewind", "CB": "Curatele"}

#: Where those stand who act for somebody: the group, its element, and what they are.
_ACTING = (
    ("BewindvoerdersNatuurlijkpersoon", "BewindvoerderNatuurlijkPersoon", "bewindvoerder"),
    ("BewindvoerdersNietNatuurlijkPersoon", "BewindvoerderNietNatuurlijkPersoon", "bewindvoerder"),
    ("CuratorenNatuurlijkPersoon", "CuratorNatuurlijkPersoon", "curator"),
    ("CuratorenNietNatuurlijkPersoon", "CuratorNietNatuurlijkPersoon", "curator"),
)

#: Elements that may come more than once: always a list.
_MANY = frozenset(("Aantekening", "Adres", *(one for _, one, _ in _ACTING)))

_NAMES = """
sleutel kaarten kaart volledig
Aantekeningen Aantekening Beslissing Beslissingcode Nummer Beslissingstekst DatumBeslissing
Geldigheid DatumBegin DatumEinde RechtspraakZaakreferentie Zaakidentificatie
Zaakidentificatiecode UitspraakInstantie BeperktBewind CentraalCurateleNummer DatumPublicatie
Geregistreerde Geboorte BuitenlandsePlaats Datum Jaar Land Naam Woonplaats SamengesteldeNaam
Geslachtsnaam Voornamen Voorvoegsel Grond InstantieBeheer Registerkaartidentificatie
RegisterkaartIndentificatieCode SoortRegister Adressen Adres BuitenlandsAdres Regel1 Regel2 Regel3
Regel4 Regel5 Regel6 NederlandsAdres AdresOpenbareRuimte Huisletter Huisnummer Huisnummertoevoeging
NaamOpenbareRuimte Antwoordadres Antwoordnummer Gemeente Postbusadres Postbusnummer Postcode
AlfabetischDeel NumeriekDeel SoortAdres NaamOrganisatieVolledig
"""

#: Every element of a card, and our own root.
FIELDS = frozenset(_NAMES.split()) | {name for pair in _ACTING for name in pair[:2]}


@dataclass(frozen=True, slots=True)
class Hit:
    """A card that a search found: by what to ask for it, its number, and whether all of it fits."""

    handle: str
    number: str
    whole: bool


def hits_of(result: etree._Element) -> list[Hit]:
    """Return the cards in the result of a search."""
    found = []
    for one in result.iter(f"{{{DATA}}}ZoekRegisterkaart"):
        about = f"{{{DATA}}}Registerkaartidentificatie/{{{DATA}}}"
        handle = (one.findtext(f"{about}RegisterkaartAanduiding") or "").strip()
        number = (one.findtext(f"{about}RegisterkaartIndentificatieCode") or "").strip()
        whole = (one.findtext(f"{{{DATA}}}HonderdProcentMatch") or "").strip() in ("true", "1")
        found += [Hit(handle, number, whole)] if handle else []
    return found


def as_value(element: etree._Element) -> Any:
    """Return an element as text, as a group of its elements, or None when it says to be empty."""
    if element.get(f"{{{XSI}}}nil") in ("true", "1"):
        return None
    inside = [one for one in element if isinstance(one.tag, str)]
    if not inside:
        return (element.text or "").strip()
    found: dict[str, Any] = {}
    for one in inside:
        if local(one) in _MANY:
            found.setdefault(local(one), []).append(as_value(one))
        else:
            found[local(one)] = as_value(one)
    return found


def as_element(name: str, value: Any) -> etree._Element:
    """Return what as_value made back as an element."""
    made = etree.Element(f"{{{DATA}}}{name}", nsmap={"b": DATA, "i": XSI})
    if value is None:
        made.set(f"{{{XSI}}}nil", "true")
    elif isinstance(value, dict):
        for inside, told in value.items():
            for one in told if isinstance(told, list) else [told]:
                made.append(as_element(inside, one))
    else:
        made.text = str(value)
    return made


def record_of(key: str, cards: list[tuple[etree._Element, bool]]) -> dict[str, Any]:
    """Return a record as JSON: the cards of one person, the same for equal cards.

    The namespaces of the register are no URIs, so canonical XML does not allow them.
    """
    told = []
    for card, whole in cards:
        value = as_value(card)
        about = value.get("Registerkaartidentificatie") if isinstance(value, dict) else None
        if isinstance(about, dict):
            # It is another one in every session, and would make every read a change.
            about.pop("RegisterkaartAanduiding", None)
        told.append({CARD: value, WHOLE: whole})
    return {KEY: key, CARDS: sorted(told, key=lambda one: json.dumps(one, sort_keys=True))}


def parse_record(value: Any) -> Iterator[Fact]:
    """Yield an entry for each card. Raises RecordError with everything that is wrong."""
    cards = value.get(CARDS) if isinstance(value, dict) else None
    if not isinstance(cards, list) or not isinstance(value.get(KEY), str):
        raise RecordError("Het record is geen antwoord van het curatele- en bewindregister")
    faults: list[str] = []
    facts = []
    for at, one in enumerate(cards, start=1):
        held = one if isinstance(one, dict) else {}
        told = _Card(held.get(CARD), f"kaart[{at}]", faults)
        key = f"{value[KEY][:60]}.{told.number}"[:100]
        facts.append(Fact("register_entry", key, told.entry(held.get(WHOLE) is True)))
    if faults:
        raise RecordError(list(dict.fromkeys(faults)))
    yield from facts


def destroy_on(card: etree._Element) -> date | None:
    """Return after which day a card may not be kept; None while the measure runs."""
    found: date | None = _Card(as_value(card), CARD, []).entry(True)["destroy_on"]
    return found


def measure(ground: str, number: str) -> tuple[str, bool]:
    """Return what kind of measure a card is of, and whether ground and number contradict."""
    by_ground, why = GROUNDS.get(ground, ("", ""))
    by_number = PREFIXES.get(number[:2].upper(), "")
    if by_ground and by_number and by_ground != by_number:
        return "", True
    return (f"{by_ground} ({why})" if by_ground else by_number), False


class _Card:
    """One card being read; what is wrong is added to `faults` with its path."""

    def __init__(self, value: Any, path: str, faults: list[str]) -> None:
        self.path, self.faults = path, faults
        self.value: dict[str, Any] = value if isinstance(value, dict) else {}
        about = self._group(self.value, "Registerkaartidentificatie")
        self.number = str(about.get("RegisterkaartIndentificatieCode") or "")
        if not self.number:
            faults.append(f"{path}.RegisterkaartIndentificatieCode ontbreekt")

    def entry(self, whole: bool) -> dict[str, Any]:
        """Return the entry of this card; `whole` when all that was searched for fits."""
        counts = self._group(self.value, "Geldigheid")
        ends = self._day(counts, "DatumEinde", "Geldigheid.")
        kind, contradiction = measure(str(self.value.get("Grond") or ""), self.number)
        notes = [POSSIBLE, *([CONTRADICTION] if contradiction else [])]
        return {
            "register": "ccbr",
            "reference": self.number,
            "kind": kind,
            "starts_on": self._starts(counts),
            "ends_on": ends,
            "destroy_on": ends + KEEP if ends else None,
            "party": "; ".join(self._acting())[:200],
            "person": self._person(),
            "details": {"letOp": notes, "volledigeOvereenkomst": whole, **self.value},
        }

    def _starts(self, counts: Mapping[str, Any]) -> date | None:
        begun = self._day(counts, "DatumBegin", "Geldigheid.")
        return begun or self._day(self.value, "DatumPublicatie")

    def _person(self) -> dict[str, Any]:
        who = self._group(self.value, "Geregistreerde")
        name, born = self._group(who, "SamengesteldeNaam"), self._group(who, "Geboorte")
        known, year = self._day(born, "Datum", "Geboorte."), str(born.get("Jaar") or "")
        return {
            "first_names": name.get("Voornamen") or "",
            "prefix": name.get("Voorvoegsel") or "",
            "surname": name.get("Geslachtsnaam") or "",
            "birth_date": known,
            # A year that is not known comes as 0.
            "birth_date_text": "" if known or year == "0" else year,
        }

    def _acting(self) -> Iterator[str]:
        for group, element, role in _ACTING:
            for one in self._group(self.value, group).get(element, ()):
                if isinstance(one, dict) and self._day(one, "DatumEinde", f"{element}.") is None:
                    name = _name(one)
                    yield f"{name} ({role})" if name else f"naam niet bekend ({role})"

    def _day(self, told: Mapping[str, Any], name: str, path: str = "") -> date | None:
        value = told.get(name)
        if not value:
            return None
        try:
            day = date.fromisoformat(str(value)[:10])
            # .NET writes the first or last day of its calendar where it has none.
            return day if 1 < day.year < 9999 else None
        except ValueError:
            at = f"{self.path}.{path}{name}"
            self.faults.append(f"{at} is {shown(value)}; verwacht een datum als 2026-11-23")
            return None

    def _group(self, told: Mapping[str, Any], name: str) -> dict[str, Any]:
        value = told.get(name) or {}
        if not isinstance(value, dict):
            self.faults.append(f"{self.path}.{name} is geen groep velden")
        return value if isinstance(value, dict) else {}


def _name(acting: Mapping[str, Any]) -> str:
    if acting.get("NaamOrganisatieVolledig"):
        return str(acting["NaamOrganisatieVolledig"])
    name = acting.get("SamengesteldeNaam")
    parts = ("Voornamen", "Voorvoegsel", "Geslachtsnaam")
    found = [name[part] for part in parts if name.get(part)] if isinstance(name, dict) else []
    return " ".join(map(str, found))


def search_body(person: Mapping[str, Any], service: str) -> etree._Element | None:
    """Return the search for a person; None without a surname and at least a year of birth."""
    surname = str(person.get("surname") or "").strip()
    born = person.get("birth_date") or ""
    day = born.isoformat() if isinstance(born, date) else str(born)
    year = str(person.get("birth_date_text") or "")[:4]
    if not surname or not (day or year.isdecimal()):
        return None
    made = etree.Element(f"{{{service}}}ZoekRegisterkaarten", nsmap={"v": service})
    child(made, service, "voorvoegsel", str(person.get("prefix") or "").strip())
    child(made, service, "achternaam", surname)
    about = etree.SubElement(made, f"{{{service}}}geboorte", nsmap={"b": DATA, "i": XSI})
    for name, value in (("Datum", f"{day}T00:00:00" if day else ""), ("Jaar", "" if day else year)):
        about.append(as_element(name, value or None))
    return made


def card_body(handle: str, service: str) -> etree._Element:
    """Return the question for one card."""
    made = etree.Element(f"{{{service}}}RaadpleegRegisterkaart", nsmap={"v": service})
    child(made, service, "registerkaartAanduiding", handle)
    return made
