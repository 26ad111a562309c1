"""What the register of the demo holds: cases of some of those who get debt help."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from lxml import etree

from hub.testing.world import Municipality, Person
from plugins.cir.messages import as_element

#: Of so many clients one has a case here.
ONE_IN = 3

_MONTHS = "januari februari maart april mei juni juli augustus september oktober november december"

#: By code, the words with which a ruling is published; a day follows.
WORDS = {
    "1300": "Uitspraak faillissement op",
    "1316": "Opheffing faillissement wegens gebrek aan baten op",
    "1329": "Faillissement overgedragen van rechtbank: Elders. Uitgesproken op",
    "1335": "Overig",
    "1336": "Faillissement onterecht ingevoerd op",
    "2301": "Uitspraak schuldsanering op",
    "2309": "Vervanging bewindvoerder",
    "2331": "Einde schuldsanering met uitdeling en met schone lei op",
    "2336": "Ontneming schone lei in schuldsanering op",
    "2350": "Schuldsanering overgedragen van rechtbank: Elders. Uitgesproken op",
    "2356": "Schuldsanering onterecht ingevoerd op",
    "3300": "Verlening voorlopige surseance op",
    "3315": "Surseance onterecht ingevoerd op",
    "3316": "Surseance overgedragen van rechtbank: Elders. Uitgesproken op",
}


def in_words(day: date) -> str:
    """Return a day as a publication writes it."""
    return f"{day.day} {_MONTHS.split()[day.month - 1]} {day.year}"


def mark(number: str, code: str, day: date, sequence: int = 1) -> str:
    """Return the publicatieKenmerk of a publication in the case of this number (R.16/26/12)."""
    kind, rest = number.split(".")
    system, year, serial = rest.split("/")
    return f"{system}.mne.{year}.{serial}.{kind}.{code}.{sequence}.{day:%y}"


def publication(number: str, code: str, day: date, sequence: int = 1) -> dict[str, Any]:
    """Return one publication, a day after the ruling."""
    published = day + timedelta(days=1)
    return {
        "publicatieDatum": published.isoformat(),
        "publicatieKenmerk": mark(number, code, published, sequence),
        "publicatieOmschrijving": f"{WORDS[code]} {in_words(day)}",
        "publicatieSoortCode": code,
        "publicerendeInstantieCode": "42",
    }


def case(who: Person, number: str, *rulings: tuple[str, date], **more: Any) -> etree._Element:
    """Return the case of a person; `rulings` are codes with their days, `more` other elements."""
    told = [publication(number, code, day, at) for at, (code, day) in enumerate(rulings, start=1)]
    began = rulings[0][1].isoformat()
    found: dict[str, Any] = {
        "preHGKInsolventieNummer": re.sub(r"\.\d\d/", ".", number),
        "insolventienummer": number,
        "behandelendeInstantieCode": "42",
        "behandelendeInstantieNaam": "Rechtbank Midden-Nederland",
        "behandelendeVestigingCode": "3265",
        "behandelendeVestigingNaam": "Lelystad",
        "isPreHGKGepubliceerd": "false",
        "persoon": _person(who),
        "RC": "mr. T. Toezicht",
        "adressen": {"geheimAdres": "false", "adres": [_home(who, began)]},
        "cbvers": {"cbv": [_administrator(number, began)]},
        "publicatiegeschiedenis": {"publicatie": told, "instroomLegacy": "false"},
    }
    return as_element("insolvente", found | more)


def _person(who: Person) -> dict[str, str]:
    told = {
        "rechtspersoonlijkheid": "natuurlijk persoon",
        "voorletters": who.initials,
        "voorvoegsel": who.prefix,
        "achternaam": who.surname,
        "geboortedatum": who.birth_date.isoformat(),
    }
    return {name: value for name, value in told.items() if value}


def _home(who: Person, since: str) -> dict[str, str]:
    told = {
        "datumBegin": since,
        "straat": who.street[:35],
        "huisnummer": who.house_number,
        "huisnummerToevoeging1": who.addition,
        "postcode": who.postcode.replace(" ", ""),
        "plaats": who.city,
        "adresType": "WOON",
    }
    return {name: value for name, value in told.items() if value}


def _administrator(number: str, since: str) -> dict[str, Any]:
    office = {"straat": "Postbus", "huisnummer": "1", "postcode": "9999AA", "plaats": "Elders"}
    return {
        "datumBegin": since,
        "titulatuur": "mr.",
        "voorletters": "B.",
        "achternaam": "Windvoerder",
        "CB": "C" if number[0] == "F" else "B",
        "adres": office,
    }


def cases(municipality: Municipality) -> Iterator[etree._Element]:
    """Yield what the register holds: a Wsnp for some clients of debt help, and how it went."""
    at = 0
    for dossier in municipality.dossiers():
        for who in dossier.case.clients if dossier.case else ():
            began = dossier.case.registered_on if dossier.case else municipality.today
            if at % ONE_IN == 0:
                number = f"R.16/{began:%y}/{1 + at % 9999}"
                yield case(who, number, ("2301", began + timedelta(days=20)))
            at += 1
