"""A Persoon of the BRP as a person of the hub, and back. What has no field stands in `details`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hub.connector import RecordError
from plugins.brp import dates
from schemas import elfproef

_NAMES = """
people burgerservicenummer naam voornamen voorletters voorvoegsel geslachtsnaam
geboorte overlijden datum type jaar maand onbekend langFormaat land geslacht code omschrijving
gemeenteVanInschrijving verblijfplaats datumVan verblijfadres officieleStraatnaam korteStraatnaam
huisnummer huisletter huisnummertoevoeging aanduidingBijHuisnummer postcode woonplaats
locatiebeschrijving regel1 regel2 regel3 indicatieVastgesteldVerblijftNietOpAdres
geheimhoudingPersoonsgegevens opschortingBijhouding reden inOnderzoek datumIngangOnderzoek
datumIngangOnderzoekPersoon datumIngangOnderzoekGemeente datumIngangOnderzoekGezag
rni deelnemer omschrijvingVerdrag categorie verificatie
"""

#: Every name that is asked for or comes by itself.
FIELDS = frozenset(_NAMES.split())

#: Why a record is no longer kept up to date: not a person at all.
NOT_A_PERSON = frozenset("WF")

_NAME = {
    "voornamen": "first_names",
    "voorletters": "initials",
    "voorvoegsel": "prefix",
    "geslachtsnaam": "surname",
}
_ADDRESS = {"postcode": "postcode", "woonplaats": "city"}

#: Where the parts of an address stand that become one field of ours.
_JOINED = ("officieleStraatnaam", "huisnummer", "huisletter", "huisnummertoevoeging")

#: Groups that are kept as they came.
_KEPT = ("opschortingBijhouding", "rni", "verificatie")


class Told:
    """One Persoon being read; what is wrong is added to `faults`, each with its path."""

    def __init__(self, value: Any) -> None:
        self.faults: list[str] = []
        self.value = self.group(value, "persoon")

    def group(self, value: Any, path: str) -> dict[str, Any]:
        """Return a group of fields, empty when there is none."""
        if value is not None and not isinstance(value, dict):
            self.faults.append(f"{path} is geen groep velden")
        return value if isinstance(value, dict) else {}

    def part(self, name: str) -> dict[str, Any]:
        """Return a group of this person."""
        return self.group(self.value.get(name), f"persoon.{name}")

    def date(self, value: Any, path: str) -> str:
        """Return what is known of a date."""
        return dates.text_of(value, f"persoon.{path}", self.faults)


def parse_person(value: Any) -> dict[str, Any]:
    """Return the person in a Persoon. Raises RecordError with everything that is wrong."""
    told = Told(value)
    person = {ours: told.part("naam").get(theirs) or "" for theirs, ours in _NAME.items()}
    person |= _identity(told) | _birth(told) | _address(told)
    gender = told.part("geslacht")
    person["gender"] = gender.get("omschrijving") or gender.get("code") or ""
    person["registered_in"] = told.part("gemeenteVanInschrijving").get("code") or ""
    person["secret"] = bool(told.value.get("geheimhoudingPersoonsgegevens"))
    died = _died(told)
    person["deceased_on"] = died if len(died) == 10 else None
    person["details"] = _details(told)
    if told.faults:
        raise RecordError(list(dict.fromkeys(told.faults)))
    return person


def _identity(told: Told) -> dict[str, Any]:
    bsn = told.value.get("burgerservicenummer")
    if not isinstance(bsn, str) or len(bsn) != 9 or not bsn.isdecimal():
        told.faults.append("persoon.burgerservicenummer ontbreekt of is geen BSN van negen cijfers")
        return {}
    # The test persons of RvIG hold one that fails; a real one that does is theirs to mend.
    return {"bsn": bsn, "bsn_unchecked": not elfproef(bsn)}


def _birth(told: Told) -> dict[str, Any]:
    born = told.date(told.part("geboorte").get("datum"), "geboorte.datum")
    whole = len(born) == 10
    return {"birth_date": born if whole else None, "birth_date_text": "" if whole else born}


def _died(told: Told) -> str:
    died = told.part("overlijden").get("datum")
    if died is not None:
        return told.date(died, "overlijden.datum")
    ended = told.part("opschortingBijhouding")
    reason = told.group(ended.get("reden"), "persoon.opschortingBijhouding.reden").get("code")
    return told.date(ended.get("datum"), "opschortingBijhouding.datum") if reason == "O" else ""


def _address(told: Told) -> dict[str, Any]:
    place = told.part("verblijfplaats")
    if place.get("type") != "Adres":
        return {}
    at = told.group(place.get("verblijfadres"), "persoon.verblijfplaats.verblijfadres")
    found = {ours: str(at.get(theirs) or "") for theirs, ours in _ADDRESS.items()}
    found["street"] = str(at.get("officieleStraatnaam") or at.get("korteStraatnaam") or "")
    found["house_number"] = str(at.get("huisnummer") or "")
    parts = (at.get("huisletter"), at.get("huisnummertoevoeging"))
    found["addition"] = " ".join(str(one) for one in parts if one)
    return found


def _details(told: Told) -> dict[str, Any]:
    found = {name: told.value[name] for name in _KEPT if told.value.get(name)}
    place = told.part("verblijfplaats")
    if place:
        found["verblijfplaats"] = _place(told, place)
    municipality = told.part("gemeenteVanInschrijving").get("omschrijving")
    if municipality:
        found["gemeenteVanInschrijving"] = municipality
    died = told.part("overlijden").get("datum")
    if died is not None:
        found["overlijden"] = told.date(died, "overlijden.datum") or "onbekend"
    if "datum" in told.part("geboorte"):
        found["geboorte"] = (
            told.date(told.part("geboorte")["datum"], "geboorte.datum") or "onbekend"
        )
    doubts = sorted(_in_doubt(told, told.value, ""))
    found |= {"inOnderzoek": doubts} if doubts else {}
    return found | {"toestand": _state(told, found)}


def _place(told: Told, place: dict[str, Any]) -> dict[str, Any]:
    """Return what there is of where somebody lives besides the fields of an address."""
    kept = {k: v for k, v in place.items() if k not in ("inOnderzoek", "verblijfadres", "datumVan")}
    if "datumVan" in place:
        kept["datumVan"] = told.date(place["datumVan"], "verblijfplaats.datumVan") or "onbekend"
    at = told.group(place.get("verblijfadres"), "persoon.verblijfplaats.verblijfadres")
    mapped = {*_ADDRESS, *_JOINED} if place.get("type") == "Adres" else set()
    rest = {k: v for k, v in at.items() if k not in mapped | {"inOnderzoek"}}
    if place.get("type") == "Adres" and (at.get("huisletter") or at.get("huisnummertoevoeging")):
        # Our addition is both in one; which was which is only known here.
        rest |= {n: at[n] for n in ("huisletter", "huisnummertoevoeging") if at.get(n)}
    return kept | ({"verblijfadres": rest} if rest else {})


def _in_doubt(told: Told, group: dict[str, Any], path: str) -> Iterator[str]:
    for name, value in group.items():
        inside = f"{path}.{name}".strip(".")
        if name == "inOnderzoek" and isinstance(value, dict):
            for field, doubt in value.items():
                at = f"{path}.{field}".strip(".")
                if isinstance(doubt, dict):
                    yield f"{at}={told.date(doubt, at)}"
                elif doubt:
                    yield at
        elif isinstance(value, dict) and name not in _KEPT:
            yield from _in_doubt(told, value, inside)


def _state(told: Told, found: dict[str, Any]) -> list[str]:
    """Return in Dutch what somebody must know who cannot reach this person."""
    said = []
    ended = told.part("opschortingBijhouding")
    if ended:
        reason = told.group(ended.get("reden"), "persoon.opschortingBijhouding.reden")
        since = told.date(ended.get("datum"), "opschortingBijhouding.datum")
        why = reason.get("omschrijving") or reason.get("code") or "onbekende reden"
        said.append(f"Bijhouding opgeschort: {why}{f' ({since})' if since else ''}")
    said += _of_place(told.part("verblijfplaats"), found)
    doubts = [one for one in found.get("inOnderzoek", ()) if "=" not in one]
    said += [f"In onderzoek: {', '.join(doubts)}"] if doubts else []
    return said or ["Geen bijzonderheden"]


def _of_place(place: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    since = found.get("verblijfplaats", {}).get("datumVan")
    words = {
        "VerblijfplaatsOnbekend": "Adres onbekend",
        "VerblijfplaatsBuitenland": "Woont in het buitenland",
        "Locatie": "Heeft een locatie in plaats van een adres",
    }
    kind = words.get(str(place.get("type")))
    if kind:
        yield f"{kind}{f' sinds {since}' if since else ''}"
    if place.get("indicatieVastgesteldVerblijftNietOpAdres"):
        yield "Vastgesteld: verblijft niet op dit adres"


def the_one(people: Any) -> Any:
    """Return the one Persoon in a record, leaving out what was withdrawn or made by mistake.

    Raises RecordError when there is none or more than one: which of them it is, a person decides.
    """
    if not isinstance(people, list):
        raise RecordError("Het record is geen antwoord van de BRP")
    real = [one for one in people if _reason(one) not in NOT_A_PERSON] or people
    if len(real) != 1:
        raise RecordError(
            f"De BRP geeft bij dit BSN {len(real)} personen; wie het is, moet een mens bepalen"
        )
    return real[0]


def _reason(person: Any) -> str:
    ended = person.get("opschortingBijhouding") if isinstance(person, dict) else None
    reason = ended.get("reden") if isinstance(ended, dict) else None
    return str(reason.get("code") or "") if isinstance(reason, dict) else ""


# --- the way back -------------------------------------------------------------------------------


def as_persoon(person: dict[str, Any]) -> dict[str, Any]:
    """Return a person as the BRP writes one; the other way around of parse_person."""
    details = person.get("details") or {}
    name = {theirs: person[ours] for theirs, ours in _NAME.items() if person.get(ours)}
    found: dict[str, Any] = {"burgerservicenummer": person["bsn"], "naam": name}
    if "geboorte" in details:
        found["geboorte"] = {"datum": _wire(details["geboorte"])}
    if "overlijden" in details:
        found["overlijden"] = {"datum": _wire(details["overlijden"])}
    if person.get("gender"):
        found["geslacht"] = _gender(person["gender"])
    if person.get("registered_in"):
        told = {"code": person["registered_in"]}
        where = details.get("gemeenteVanInschrijving")
        found["gemeenteVanInschrijving"] = told | ({"omschrijving": where} if where else {})
    if person.get("secret"):
        found["geheimhoudingPersoonsgegevens"] = True
    if "verblijfplaats" in details:
        found["verblijfplaats"] = _verblijfplaats(person, details["verblijfplaats"])
    found |= {name: details[name] for name in _KEPT if name in details}
    for path in details.get("inOnderzoek", ()):
        _doubt(found, path)
    return found


def _wire(text: str) -> dict[str, Any]:
    return dates.wire("" if text == "onbekend" else text)


def _gender(word: str) -> dict[str, str]:
    code = {"man": "M", "vrouw": "V", "onbekend": "O"}.get(word)
    return {"code": code, "omschrijving": word} if code else {"code": word}


def _verblijfplaats(person: dict[str, Any], kept: dict[str, Any]) -> dict[str, Any]:
    found = dict(kept)
    if "datumVan" in kept:
        found["datumVan"] = _wire(kept["datumVan"])
    if kept.get("type") == "Adres" and person.get("street"):
        at = {theirs: person[ours] for theirs, ours in _ADDRESS.items() if person.get(ours)}
        at["officieleStraatnaam"] = person["street"]
        at |= {"huisnummer": int(person["house_number"])} if person.get("house_number") else {}
        found["verblijfadres"] = at | kept.get("verblijfadres", {})
    return found


def _doubt(found: dict[str, Any], path: str) -> None:
    at, _, since = path.partition("=")
    *groups, field = at.split(".")
    inside = found
    for name in groups:
        inside = inside.setdefault(name, {})
    inside.setdefault("inOnderzoek", {})[field] = _wire(since) if since else True
