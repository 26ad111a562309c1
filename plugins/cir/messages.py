"""A case of the register as an entry of the hub. Nothing of it is lost: it stands in `details`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta
from lxml import etree

from hub.connector import Fact, RecordError
from plugins.cir.codes import AFTERWARDS, END, KINDS, START
from plugins.cir.operations import INSPUB
from plugins.cir.soap import local
from schemas.fields import shown

#: The root of a record: the cases that were found for one person.
ROOT = "antwoord"

#: Our own attribute of it: the key of the record.
KEY = "sleutel"

#: Copies may be kept until so long after the end (terms of use of the register).
KEEP = relativedelta(months=6)

#: What stands beside every entry, as nobody knows for sure whom it is about.
POSSIBLE = "Mogelijke overeenkomst: het register kent geen BSN. Een mens moet dit beoordelen."

_NAMES = """
antwoord inspubWebserviceInsolvente insolvente ssrNummer preHGKInsolventieNummer insolventienummer
behandelendeInstantieCode behandelendeInstantieNaam behandelendeVestigingCode
behandelendeVestigingNaam isPreHGKGepubliceerd persoon rechtspersoonlijkheid voornaam voorletters
voorvoegsel achternaam geboortedatum geboorteplaats geboorteland overlijdensdatum KvKNummer
KvKPlaats RC VorigeRC vorigInsolventienummer adressen geheimAdres adres adresType datumBegin straat
huisnummer huisnummerToevoeging1 huisnummerToevoeging2 postcode plaats handelendOnderDeNamen
handelendOnderDeNaam handelsnaam handelsadressen handelsadres cbvers cbv datumEind titulatuur CB
telefoonnummer publicatiegeschiedenis publicatie publicatieDatum publicatieKenmerk
publicatieOmschrijving publicatieSoortCode zittingslocatie huisnummerToevoeging
publicerendeInstantieCode instroomLegacy eindeVindbaarheid RC2 uiterstedatumindieningvorderingen
"""

#: Every element of a case, of both versions of the schema, and our own root.
FIELDS = frozenset(_NAMES.split())

#: Elements that may come more than once: always a list, also when there is one.
_MANY = frozenset(("adres", "handelendOnderDeNaam", "handelsadres", "cbv", "publicatie"))

#: In an administrator's group an address comes once.
_ONCE = frozenset(("cbv",))

_MONTHS = "januari februari maart april mei juni juli augustus september oktober november december"
_DAY = re.compile(rf"\b([0-9]{{1,2}}) ({'|'.join(_MONTHS.split())}) ([0-9]{{4}})\b", re.I)


@dataclass
class Course:
    """How a case went: when it began and ended, and why."""

    starts_on: date | None = None
    ends_on: date | None = None
    reason: str = ""


def as_value(element: etree._Element) -> Any:
    """Return an element as text, or as a group of its elements and attributes."""
    inside = [one for one in element if isinstance(one.tag, str)]
    if not inside and not element.attrib:
        return (element.text or "").strip()
    found: dict[str, Any] = {f"@{name!s}": str(value) for name, value in element.items()}
    for one in inside:
        name = local(one)
        if name in _MANY and local(element) not in _ONCE:
            found.setdefault(name, []).append(as_value(one))
        else:
            found[name] = as_value(one)
    return found


def as_element(name: str, value: Any) -> etree._Element:
    """Return what as_value made back as an element."""
    made = etree.Element(f"{{{INSPUB}}}{name}", nsmap={"i": INSPUB})
    if not isinstance(value, dict):
        made.text = str(value)
        return made
    for inside, told in value.items():
        if inside.startswith("@"):
            made.set(inside[1:], str(told))
        for one in told if isinstance(told, list) else [told] if inside[0] != "@" else ():
            made.append(as_element(inside, one))
    return made


def record_of(key: str, cases: list[etree._Element]) -> bytes:
    """Return the bytes of a record: the cases of one person, the same for equal cases."""
    root = etree.Element(ROOT, {KEY: key})
    for one in sorted(
        cases, key=lambda case: case.findtext(f"{{{INSPUB}}}insolventienummer") or ""
    ):
        root.append(one)
    return etree.tostring(root, method="c14n", exclusive=True, with_comments=False)


def parse_record(root: etree._Element) -> Iterator[Fact]:
    """Yield an entry for each case. Raises RecordError with everything that is wrong."""
    key = root.get(KEY) or ""
    if local(root) != ROOT or not key:
        raise RecordError("Het record is geen antwoord van het insolventieregister")
    faults: list[str] = []
    facts = []
    for at, case in enumerate(root.iterfind(f"{{{INSPUB}}}insolvente"), start=1):
        told = _Case(as_value(case), f"insolvente[{at}]", faults)
        if told.natural:
            facts.append(Fact("register_entry", f"{key[:60]}.{told.number}"[:100], told.entry()))
    if faults:
        raise RecordError(list(dict.fromkeys(faults)))
    yield from facts


class _Case:
    """One case being read; what is wrong is added to `faults` with its path."""

    def __init__(self, value: Any, path: str, faults: list[str]) -> None:
        self.value: dict[str, Any] = value if isinstance(value, dict) else {}
        self.path, self.faults = path, faults
        self.number = str(self.value.get("insolventienummer") or "")
        if self.number[:1] not in KINDS:
            faults.append(f"{path}.insolventienummer is {shown(self.number)}; verwacht F, S of R")

    @property
    def natural(self) -> bool:
        """Tell whether this is about a person of flesh and blood."""
        return self._group(self.value, "persoon").get("rechtspersoonlijkheid") != "rechtspersoon"

    def entry(self) -> dict[str, Any]:
        course = self._course()
        ends = course.ends_on
        until = self._day(self.value, "eindeVindbaarheid")
        dates = [one for one in (until, _last_day(ends)) if one]
        return {
            "register": "cir",
            "reference": self.number,
            "kind": KINDS.get(self.number[:1], ""),
            "starts_on": course.starts_on,
            "ends_on": ends,
            "end_reason": course.reason,
            "destroy_on": min(dates, default=None),
            "party": self._party(),
            "person": self._person(),
            "details": {"letOp": POSSIBLE, **self.value},
        }

    def _person(self) -> dict[str, Any]:
        told = self._group(self.value, "persoon")
        died = self._day(told, "overlijdensdatum", "persoon.")
        found = {
            "first_names": told.get("voornaam", ""),
            "initials": told.get("voorletters", ""),
            "prefix": told.get("voorvoegsel", ""),
            "surname": told.get("achternaam", ""),
            "birth_date": self._day(told, "geboortedatum", "persoon."),
            "deceased_on": died,
        }
        places = self._group(self.value, "adressen")
        homes = [one for one in _list(places, "adres") if one.get("adresType") == "WOON"]
        home = max(homes, key=lambda one: str(one.get("datumBegin")), default={})
        extra = (home.get("huisnummerToevoeging1"), home.get("huisnummerToevoeging2"))
        return found | {
            "street": home.get("straat", ""),
            "house_number": home.get("huisnummer", ""),
            "addition": " ".join(str(one) for one in extra if one)[:10],
            "postcode": home.get("postcode", ""),
            "city": home.get("plaats", ""),
            "secret": places.get("geheimAdres") == "true",
        }

    def _party(self) -> str:
        now = [one for one in self._administrators() if not one.get("datumEind")]
        one = max(now, key=lambda cbv: str(cbv.get("datumBegin")), default=None)
        if one is None:
            return ""
        parts = ("titulatuur", "voorletters", "voorvoegsel", "achternaam")
        role = {"C": "curator", "B": "bewindvoerder"}.get(str(one.get("CB")), "")
        name = " ".join(str(one[part]) for part in parts if one.get(part))
        return f"{name} ({role})"[:200] if role else name[:200]

    def _administrators(self) -> list[dict[str, Any]]:
        return _list(self._group(self.value, "cbvers"), "cbv")

    def _course(self) -> Course:
        told = _list(self._group(self.value, "publicatiegeschiedenis"), "publicatie")
        course = Course()
        for at, one in sorted(
            enumerate(told), key=lambda p: (str(p[1].get("publicatieDatum")), p[0])
        ):
            day = self._ruling(one, f"publicatie[{at + 1}].")
            code = str(one.get("publicatieSoortCode", ""))
            if code in START:
                course = Course(course.starts_on or day)
            elif code in END:
                course.ends_on, course.reason = day, END[code]
            elif code in AFTERWARDS:
                course.reason = AFTERWARDS[code]
        course.starts_on = course.starts_on or self._first(told)
        return course

    def _first(self, told: list[dict[str, Any]]) -> date | None:
        """Return a day for a case of which the start is not told: that of what is told first."""
        days = [self._day(one, "datumBegin") for one in self._administrators()]
        days += [
            self._day(one, "publicatieDatum", f"publicatie[{at}].")
            for at, one in enumerate(told, start=1)
        ]
        found = min((one for one in days if one), default=None)
        if not days:
            self.faults.append(
                f"{self.path}.publicatiegeschiedenis is leeg; de dag van begin ontbreekt"
            )
        return found

    def _ruling(self, told: Mapping[str, Any], path: str) -> date | None:
        """Return the day of a ruling: as the description says, or else that of publication."""
        found = _DAY.search(str(told.get("publicatieOmschrijving", "")))
        if found:
            month = _MONTHS.split().index(found[2].lower()) + 1
            try:
                return date(int(found[3]), month, int(found[1]))
            except ValueError:
                pass
        return self._day(told, "publicatieDatum", path)

    def _day(self, told: Mapping[str, Any], name: str, path: str = "") -> date | None:
        value = told.get(name)
        if not value:
            return None
        try:
            # A date may carry a zone: 2026-11-23+01:00.
            return date.fromisoformat(str(value)[:10])
        except ValueError:
            self.faults.append(
                f"{self.path}.{path}{name} is {shown(value)}; verwacht een datum als 2026-11-23"
            )
            return None

    def _group(self, told: Mapping[str, Any], name: str) -> dict[str, Any]:
        value = told.get(name) or {}
        if not isinstance(value, dict):
            self.faults.append(f"{self.path}.{name} is geen groep velden")
        return value if isinstance(value, dict) else {}


def _list(group: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    return [one for one in group.get(name, ()) if isinstance(one, dict)]


def _last_day(ends: date | None) -> date | None:
    """Return until when a case that ended may be kept; None for an end beyond the calendar."""
    try:
        return ends + KEEP if ends else None
    except ValueError:
        return None


def destroy_on(case: etree._Element) -> date | None:
    """Return after which day a case may not be kept; None when that is not known yet."""
    found: date | None = _Case(as_value(case), "insolvente", []).entry()["destroy_on"]
    return found
