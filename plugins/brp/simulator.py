"""The BRP as the demo and the tests play it: it knows its residents, and what may be asked."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from flask import Flask, Response, jsonify, request

from hub.clock import Clock
from hub.testing.simulator import Simulator, SourceSpec
from hub.testing.world import Municipality, Person
from plugins.brp.messages import as_persoon
from plugins.brp.settings import CANDIDATE, DOMESTIC, MATCH, MORE, wanted

#: What comes without being asked, and is a fault to ask.
BY_ITSELF = (
    "inOnderzoek",
    "geheimhoudingPersoonsgegevens",
    "opschortingBijhouding",
    "rni",
    "verificatie",
)

#: What may be asked of the BRP of the demo.
ALLOWED = {*MATCH, *(field for some in MORE.values() for field in some)}
ALLOWED |= set(wanted(dict.fromkeys((*MORE, "only_domestic"), True)))

#: By type: what must be told, what may be told, and how many may be found.
KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...], int]] = {
    "RaadpleegMetBurgerservicenummer": (("burgerservicenummer",), (), 20),
    "ZoekMetGeslachtsnaamEnGeboortedatum": (
        ("geslachtsnaam", "geboortedatum"),
        ("voornamen", "voorvoegsel", "geslacht", "inclusiefOverledenPersonen"),
        10,
    ),
    "ZoekMetPostcodeEnHuisnummer": (
        ("postcode", "huisnummer"),
        ("huisletter", "huisnummertoevoeging", "geslachtsnaam", "inclusiefOverledenPersonen"),
        30,
    ),
}

#: What may be told with every type.
ALWAYS = ("type", "fields", "gemeenteVanInschrijving")


class PopulationRegister(Simulator):
    """The BRP. For tests: `people` by BSN, `asked`, `tokens`, and `problem` as its next answer.

    `forbidden` holds fields that we may not ask, though they exist.
    """

    name: ClassVar[str] = "brp"
    extra: ClassVar[bool] = True
    client_id = "schuldenhub"

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.secret, self.api_key = secrets.token_hex(8), secrets.token_hex(8)
        self.tokens: set[str] = set()
        self.asked: list[dict[str, Any]] = []
        self.problem: Response | None = None
        self.forbidden: set[str] = set()
        self.people: dict[str, dict[str, Any]] = {
            who.bsn: persoon(who, municipality)
            for dossier in municipality.dossiers()
            for who in (dossier.person, *(dossier.case.clients if dossier.case else ()))
        }
        self._web = Flask("brp")
        self._web.add_url_rule("/token", view_func=self._token, methods=["POST"])
        self._web.add_url_rule("/brp/personen", view_func=self._serve, methods=["POST"])

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request (WSGI)."""
        return self._web(environ, start_response)

    def sources(self) -> list[SourceSpec]:
        """Return the source that asks this register."""
        config = {
            "url": f"{self.url}/brp",
            "token_url": f"{self.url}/token",
            "client_id": self.client_id,
            "client_secret": self.secret,
            "scope": "999990-00000099000000001000",
            "resource_server": "ResourceServer01",
            "api_key": self.api_key,
        }
        owner = self.municipality.organisations[0].code
        return [SourceSpec("brp", "BRP (personen)", "brp", owner, config)]

    def _token(self) -> Response:
        told = request.form
        right = (self.client_id, self.secret, "client_credentials", "ResourceServer01")
        names = ("client_id", "client_secret", "grant_type", "resourceServer")
        if tuple(told.get(name) for name in names) != right:
            return _json({"error": "invalid_client"}, 401)
        self.tokens.add(token := secrets.token_hex(16))
        return _json({"access_token": token, "token_type": "bearer", "expires_in": 300}, 200)

    def _serve(self) -> Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.tokens or request.headers.get("X-API-KEY") != self.api_key:
            return fault(401, "authentication", "Niet correct geauthenticeerd.")
        if self.problem is not None:
            return self.problem
        question = request.get_json()
        wrong = list(_wrong(question))
        if wrong:
            missing = all(one["code"] == "required" for one in wrong)
            return fault(400, *_PARAMS[missing], wrong)
        if self.forbidden & set(question["fields"]):
            title = "U bent niet geautoriseerd voor één of meerdere opgegeven field waarden."
            return fault(403, "unauthorizedField", title)
        self.asked.append(question)
        found = [_only(one, question["fields"]) for one in self._found(question)]
        most = KINDS[question["type"]][2]
        if len(found) > most:
            detail = (
                f"Meer dan maximum van {most} zoekresultaten gevonden. Verfijn de zoekopdracht."
            )
            return fault(400, "tooManyResults", "Teveel zoekresultaten.", detail=detail)
        return _json({"type": question["type"], "personen": found}, 200)

    def _found(self, question: dict[str, Any]) -> Iterator[dict[str, Any]]:
        # Who was withdrawn or entered by mistake is not given at all.
        real = {bsn: one for bsn, one in self.people.items() if _ended(one) not in ("W", "F")}
        if "burgerservicenummer" in question:
            known = question["burgerservicenummer"]
            yield from (real[bsn] for bsn in known if bsn in real)
            return
        for one in real.values():
            dead = _ended(one) == "O" or "overlijden" in one
            if dead and not question.get("inclusiefOverledenPersonen"):
                continue
            if all(_matches(one, *asked) for asked in question.items()):
                yield one


_PARAMS = {
    True: ("paramsCombination", "Minimale combinatie van parameters moet worden opgegeven."),
    False: ("paramsValidation", "Een of meerdere parameters zijn niet correct."),
}


def fault(
    status: int,
    code: str,
    title: str,
    wrong: list[dict[str, str]] | None = None,
    detail: str = "",
) -> Response:
    """Return a fault as the BRP tells it."""
    told: dict[str, Any] = {"status": status, "title": title, "code": code}
    names = ", ".join(one["name"] for one in wrong or ())
    detail = detail or (f"De foutieve parameter(s) zijn: {names}." if names else "")
    told |= {"detail": detail} if detail else {}
    told |= {"instance": "http://localhost/brp/personen"}
    told |= {"invalidParams": wrong} if wrong else {}
    response = _json(told, status)
    response.mimetype = "application/problem+json"
    return response


def persoon(who: Person, municipality: Municipality) -> dict[str, Any]:
    """Return what the BRP knows of a resident."""
    letter = who.addition if re.fullmatch("[A-Za-z]", who.addition) else ""
    rest = {"huisletter": letter} if letter else {"huisnummertoevoeging": who.addition}
    place: dict[str, Any] = {"type": "Adres", "datumVan": "2015-06-01"}
    details = {
        "geboorte": who.birth_date.isoformat(),
        "gemeenteVanInschrijving": municipality.name,
        "verblijfplaats": place | ({"verblijfadres": rest} if who.addition else {}),
    }
    return as_persoon(
        {
            "bsn": who.bsn,
            "initials": who.initials,
            "prefix": who.prefix,
            "surname": who.surname,
            "gender": who.sex.lower(),
            "registered_in": municipality.code,
            "street": who.street,
            "house_number": who.house_number,
            "postcode": who.postcode.replace(" ", ""),
            "city": who.city,
            "details": details,
        }
    )


def _matches(one: dict[str, Any], name: str, value: Any) -> bool:
    at = one.get("verblijfplaats", {}).get("verblijfadres", {})
    if name in ("geslachtsnaam", "voorvoegsel"):
        return _plain(one["naam"].get(name, "")) == _plain(value)
    if name == "geboortedatum":
        return bool(one.get("geboorte", {}).get("datum", {}).get("datum") == value)
    if name == "postcode":
        return bool(at.get("postcode") == str(value).replace(" ", "").upper())
    return name != "huisnummer" or at.get("huisnummer") == value


def _plain(name: Any) -> str:
    letters = unicodedata.normalize("NFKD", str(name).casefold())
    return "".join(one for one in letters if not unicodedata.combining(one))


def _ended(one: dict[str, Any]) -> str:
    """Return why a record is no longer kept up to date; empty while it is."""
    return str(one.get("opschortingBijhouding", {}).get("reden", {}).get("code", ""))


def _wrong(question: dict[str, Any]) -> Iterator[dict[str, str]]:
    must, may, _ = KINDS.get(question.get("type", ""), ((), (), 0))
    if not must:
        yield _param("type", "value", "Waarde is geen geldig zoek type.")
        return
    for name in (*must, "fields"):
        if question.get(name) == []:
            yield _param(name, "minItems", "Array bevat minder dan 1 items.")
        elif not question.get(name):
            yield _param(name, "required", "Parameter is verplicht.")
    for name in question:
        if name not in (*must, *may, *ALWAYS):
            yield _param(name, "unknownParam", "Parameter is niet verwacht.")
    yield from _wrong_numbers(question.get("burgerservicenummer", ()))
    yield from _wrong_fields(question.get("fields", ()), question["type"].startswith("Raadpleeg"))


def _wrong_numbers(bsns: Sequence[str]) -> Iterator[dict[str, str]]:
    if len(bsns) > 20:
        yield _param("burgerservicenummer", "maxItems", "Array bevat meer dan 20 items.")
    for at, bsn in enumerate(bsns):
        if not re.fullmatch("[0-9]{9}", bsn):
            reason = "Waarde voldoet niet aan patroon ^[0-9]{9}$."
            yield _param(f"burgerservicenummer[{at}]", "pattern", reason)


def _wrong_fields(fields: Sequence[str], by_bsn: bool) -> Iterator[dict[str, str]]:
    for at, field in enumerate(fields):
        if field in BY_ITSELF or field.endswith("VerblijftNietOpAdres"):
            yield _param(f"fields[{at}]", "fields", "Parameter bevat een niet toegestane veldnaam.")
        elif field not in (ALLOWED if by_bsn else CANDIDATE):
            yield _param(f"fields[{at}]", "fields", "Parameter bevat een niet bestaande veldnaam.")


def _param(name: str, code: str, reason: str) -> dict[str, str]:
    return {"name": name, "code": code, "reason": reason}


def _only(one: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    """Return of a person what was asked, and what comes by itself."""
    found = {name: one[name] for name in BY_ITSELF if name in one}
    for field in fields:
        name, *rest = field.split(".")
        if name != DOMESTIC:
            _copy(one, found, [name, *rest])
        elif one.get("verblijfplaats", {}).get("type") in ("Adres", "Locatie"):
            _copy(one, found, ["verblijfplaats", *rest])
    return found


def _copy(one: dict[str, Any], found: dict[str, Any], path: list[str]) -> None:
    name, *rest = path
    if name not in one:
        return
    if not rest:
        found[name] = one[name]
        return
    inside = found.setdefault(name, {})
    for own in ("type", "inOnderzoek", "indicatieVastgesteldVerblijftNietOpAdres"):
        if own in one[name]:
            inside[own] = one[name][own]
    _copy(one[name], inside, rest)


def _json(value: Any, status: int) -> Response:
    response: Response = jsonify(value)
    response.status_code = status
    return response
