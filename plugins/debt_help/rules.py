"""What DDAS v1.0 asks beyond its schema: told as warnings, since official examples break it too.

Sources: the exchange specification and the questions and answers of VNG Realisatie. A warning
refuses nothing and names nobody; the run counts it. A rule about two fields speaks only where both
are filled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from hub.ddas import inside
from plugins.debt_help.messages import FIELDS, FIRST_DAYS, birth_date
from plugins.debt_help.shape import CLIENT, NOBODY, Flaw, Shape, misplaced
from plugins.debt_help.versions import ADMISSION, GRANT, version_of
from schemas import elfproef
from schemas.fields import shown

Warn = Callable[[str], None]
Pseudonym = Callable[[str], str]

#: Days that mean the same moment, by their paths.
_SAME = (
    ("toekenningsdatum", "schuldregeling.toegekend"),
    ("einddatum", "uitstroom.datum"),
    ("einddatum", "uitstroom.datumBeeindigingsbeschikking"),
    ("uitstroom.datum", "uitstroom.datumBeeindigingsbeschikking"),
    ("intake.einddatum", "intake.beschikkingsdatum"),
)
#: What stands at the top of a delivery.
_ROOT = (
    "startdatumLevering",
    "einddatumLevering",
    "aanleverdatumEnTijd",
    "codeGegevensleverancier",
)
_CODE = re.compile(r"(?:GM)?(\d{1,4})", re.I)
_GENDERS = ("Man", "Vrouw", "Onbekend", "Leeg")

#: The longest text that is kept of a client's field.
_LONGEST = {
    "Geslachtsaanduiding": 10,
    "Postcode": 7,
    "Huisnummer": 10,
    "Huisnummertoevoeging": 10,
}

#: By these together somebody is found who has no BSN.
_INSTEAD_OF_BSN = ("Geboortedatum", "Geslachtsaanduiding", "Postcode", "Huisnummer")


def about_flaws(flaws: list[Flaw]) -> Iterator[str]:
    """Yield what is said of fields that were set aside; they stand with the case as they came."""
    for flaw in flaws:
        yield f"traject.{flaw.field} {flaw.problem}; het traject is zonder dit veld gebruikt."


def about_version(traject: Any) -> Iterator[str]:
    """Yield a warning when a traject, as received, is written in an older version."""
    version = version_of(traject)
    if version != "1.0":
        yield f"Een traject is geschreven in DDAS v{version}; de hub zet het om naar v1.0."
    if _at(traject, "intake.beschikkingssoort") == GRANT:
        yield (
            f"traject.intake.beschikkingssoort is '{GRANT}', het woord van een eerdere v0.10; de "
            f"hub leest dat als {ADMISSION}."
        )


def about_places(traject: Any, shape: Shape) -> Iterator[str]:
    """Yield what is said of fields of DDAS that stand where v1.0 does not have them."""
    for path in dict.fromkeys(misplaced(traject, {**shape, "client": [CLIENT]}, FIELDS)):
        yield f"traject.{path} hoort daar niet in DDAS v1.0 en is niet gebruikt."


def about_traject(traject: Any) -> Iterator[str]:
    """Yield the warnings of one traject in the words of v1.0, however malformed."""
    for one, other in _SAME:
        if _both_differ(_at(traject, one), _at(traject, other)):
            yield f"traject.{one} en {other} verschillen; DDAS verwacht dezelfde dag."
    if _at(traject, "schuldregeling.dwangakkoord") and not _at(traject, "schuldregeling.toegekend"):
        yield (
            "traject.schuldregeling.dwangakkoord is true zonder toegekend; DDAS verwacht dan een "
            "dag bij toegekend."
        )
    if not any(_at(traject, path) for path in FIRST_DAYS[:2]):
        found = next((path for path in FIRST_DAYS[2:] if _at(traject, path)), None)
        if found:
            yield (
                "traject.startdatum ontbreekt, en aanmelding.startdatum ook; de hub neemt "
                f"{found} als eerste dag."
            )
    for debt in _groups(traject, "schulden"):
        if isinstance(debt, dict) and (not debt.get("peildatum") or debt.get("bedrag") is None):
            yield (
                "traject.schulden mist een bedrag of peildatum; die schuld staat bij het traject, "
                "maar telt niet mee in het overzicht."
            )
        creditor = inside(debt, "schuldeiser")
        if _both_differ(inside(creditor, "naam"), inside(creditor, "Naam")):
            yield "traject.schulden.schuldeiser.naam en Naam verschillen; de hub gebruikt naam."
    for client in _groups(traject, "client"):
        yield from _about_client(client)


def _about_client(client: Any) -> Iterator[str]:
    for name, value in client.items() if isinstance(client, dict) else ():
        if value is None:
            yield f"traject.client.{name} is leeg (null); laat het veld weg of vul het in."
        elif name in _LONGEST and not _fits(value, _LONGEST[name]):
            yield (
                f"traject.client.{name} is geen tekst van hoogstens {_LONGEST[name]} tekens; de "
                "cliënt is zonder dit veld gebruikt."
            )
    if (born := inside(client, "Geboortedatum")) and birth_date(born) is None:
        yield (
            "traject.client.Geboortedatum is geen datum als 1980-11-23, ook niet voor een deel; de "
            "cliënt is zonder dit veld gebruikt."
        )
    bsn, gender = inside(client, "Burgerservicenummer"), inside(client, "Geslachtsaanduiding")
    if bsn == NOBODY:
        yield (
            "traject.client.Burgerservicenummer is alleen nullen; de cliënt is zonder dit nummer "
            "gebruikt."
        )
    elif isinstance(bsn, str) and len(bsn) == 9 and bsn.isdigit() and not elfproef(bsn):
        yield (
            "traject.client.Burgerservicenummer voldoet niet aan de elfproef; het staat als niet "
            "gecontroleerd in het overzicht."
        )
    if bsn in (None, "", NOBODY) and not all(inside(client, name) for name in _INSTEAD_OF_BSN):
        yield (
            "traject.client heeft geen BSN, en ook niet alle vier: geboortedatum, geslacht, "
            "postcode en huisnummer."
        )
    if gender and gender not in _GENDERS:
        yield "traject.client.Geslachtsaanduiding is niet Man, Vrouw, Onbekend of Leeg."


class DeliveryRules:
    """Rules about a whole delivery, held while its pages pass by.

    `warn` is called once per case that breaks a rule; `municipality` is ours. A client is known by
    a pseudonym, so what is remembered here names nobody.
    """

    def __init__(self, warn: Warn, municipality: str, pseudonym: Pseudonym) -> None:
        self._warn = warn
        self._municipality = municipality
        self._pseudonym = pseudonym
        self._spans: dict[str, list[tuple[str, str]]] = {}

    def heading(self, model: Any, *, first: bool = True) -> None:
        """Hold the top of a page, as received, against the rules; `first` of its delivery."""
        missing = [name for name in _ROOT if not inside(model, name)]
        if missing:
            self._warn(f"De levering mist {', '.join(missing)}; DDAS v1.0 verplicht dat.")
        extra = sorted(model.keys() - {*_ROOT, "leveringen"}) if isinstance(model, dict) else []
        if extra:
            names = ", ".join(map(shown, extra[:5]))
            self._warn(f"De levering heeft velden die DDAS niet kent: {names}.")
        if not any(map(str.isdigit, str(inside(model, _ROOT[-1]) or "1"))):
            self._warn(f"{_ROOT[-1]} noemt geen leverancier met een versienummer.")
        deliveries = _groups(model, "leveringen")
        numbers = [inside(one, "teller") for one in deliveries]
        if not _count_up(numbers, first=first):
            self._warn("De leveringen zijn niet genummerd met teller 1, 2, 3 en verder.")
        for one in deliveries:
            self._about_delivery(one)

    def _about_delivery(self, delivery: Any) -> None:
        organisation = inside(delivery, "aanleverende_organisatie")
        numbers = [inside(organisation, name) for name in ("gemeentecode", "KvK-nummer")]
        if all(numbers):
            self._warn(
                "aanleverende_organisatie heeft een gemeentecode en een KvK-nummer; DDAS verwacht "
                "alleen de gemeentecode bij een gemeente, en anders alleen het KvK-nummer."
            )
        if not any(numbers):
            self._warn("aanleverende_organisatie heeft geen gemeentecode en geen KvK-nummer.")
        if isinstance(delivery, dict) and "schuldhulptrajecten" not in delivery:
            self._warn("Een levering noemt geen schuldhulptrajecten; de hub leest dat als: geen.")
        codes = {
            municipality_code(code)
            for one in _groups(delivery, "schuldhulptrajecten")
            if (code := inside(one, "gemeentecode"))
        }
        if len(codes) > 1:
            self._warn("In één levering staan trajecten van verschillende gemeenten.")

    def traject(self, traject: Any, period: tuple[str, str]) -> None:
        """Hold a traject, in the words of v1.0, against those before it and its period (ISO)."""
        code = municipality_code(inside(traject, "gemeentecode") or "")
        if code not in (self._municipality, "Onbekend", ""):
            self._warn("Een traject is van een andere gemeente dan deze.")
        start, end = _span(traject)
        if start > (period[1] or "9999") or end < period[0]:
            self._warn("Een traject valt buiten de periode van de levering.")
        told = [inside(one, "Burgerservicenummer") for one in _groups(traject, "client")]
        for bsn in {one for one in told if isinstance(one, str) and one}:
            if start and bsn != NOBODY:
                self._hold_span(self._pseudonym(bsn), (start, end))

    def _hold_span(self, who: str, span: tuple[str, str]) -> None:
        known = self._spans.get(who, [])
        self._spans[who] = merged([*known, span])
        if len(self._spans[who]) <= len(known):
            self._warn("Een cliënt heeft twee trajecten tegelijk; CBS telt die als één traject.")


def municipality_code(told: Any) -> str:
    """Return a code as CBS writes it, four digits: DDAS tells no form, so GM363 and 363 occur."""
    text = str(told).strip()
    found = _CODE.fullmatch(text)
    return found[1].zfill(4) if found else text


def merged(spans: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return spans of ISO days as CBS counts them: those that overlap become one.

    An open end is "9999".
    """
    found: list[tuple[str, str]] = []
    for start, end in sorted(spans):
        if found and _overlap(found[-1], (start, end)):
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _overlap(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _span(traject: Any) -> tuple[str, str]:
    """Return the first and last day of a traject as ISO text; "" and "9999" where unknown."""
    start = inside(traject, "startdatum") or _at(traject, "aanmelding.startdatum")
    end = inside(traject, "einddatum") or _at(traject, "uitstroom.datum")
    known = [day if isinstance(day, str) else "" for day in (start, end)]
    return known[0], known[1] or "9999"


def _at(traject: Any, path: str) -> Any:
    for name in path.split("."):
        traject = inside(traject, name)
    return traject


def _count_up(numbers: list[Any], *, first: bool) -> bool:
    start = 1 if first or not numbers else numbers[0]
    return isinstance(start, int) and numbers == list(range(start, start + len(numbers)))


def _fits(value: Any, most: int) -> bool:
    return isinstance(value, (str, int)) and len(str(value).strip()) <= most


def _both_differ(one: Any, other: Any) -> bool:
    return bool(one and other and one != other)


def _groups(group: Any, name: str) -> list[Any]:
    found = inside(group, name)
    return found if isinstance(found, list) else []
