"""The BRP as the demo and the tests play it: it knows its residents, and what may be asked."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

from flask import Flask, Response, jsonify, request

from hub.clock import Clock
from hub.testing.simulator import Simulator, SourceSpec
from hub.testing.world import Municipality, Person
from plugins.brp.messages import as_persoon
from plugins.brp.settings import CANDIDATE, MATCH, MORE

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

#: By type: what must be told, and how many may be found.
KINDS = {
    "RaadpleegMetBurgerservicenummer": (("burgerservicenummer",), 20),
    "ZoekMetGeslachtsnaamEnGeboortedatum": (("geslachtsnaam", "geboortedatum"), 10),
    "ZoekMetPostcodeEnHuisnummer": (("postcode", "huisnummer"), 30),
}


class PopulationRegister(Simulator):
    """The BRP. For tests: `people` by BSN, `asked`, `tokens`, and `problem` as its next answer."""

    name: ClassVar[str] = "brp"
    extra: ClassVar[bool] = True
    client_id = "schuldenhub"

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.secret, self.api_key = secrets.token_hex(8), secrets.token_hex(8)
        self.tokens: set[str] = set()
        self.asked: list[dict[str, Any]] = []
        self.problem: Response | None = None
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
            title = "Een of meerdere parameters zijn niet correct."
            return fault(400, "paramsValidation", title, wrong)
        self.asked.append(question)
        found = [_only(one, question["fields"]) for one in self._found(question)]
        if len(found) > KINDS[question["type"]][1]:
            return fault(400, "tooManyResults", "Teveel zoekresultaten.")
        return _json({"type": question["type"], "personen": found}, 200)

    def _found(self, question: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if "burgerservicenummer" in question:
            known = question["burgerservicenummer"]
            yield from (self.people[bsn] for bsn in known if bsn in self.people)
            return
        for one in self.people.values():
            dead = "overlijden" in one and not question.get("inclusiefOverledenPersonen")
            if not dead and all(_matches(one, *asked) for asked in question.items()):
                yield one


def fault(
    status: int, code: str, title: str, wrong: list[dict[str, str]] | None = None
) -> Response:
    """Return a fault as the BRP tells it."""
    told: dict[str, Any] = {"status": status, "title": title, "code": code}
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
        return str(one["naam"].get(name, "")).casefold() == str(value).casefold()
    if name == "geboortedatum":
        return bool(one.get("geboorte", {}).get("datum", {}).get("datum") == value)
    if name == "postcode":
        return bool(at.get("postcode") == str(value).replace(" ", "").upper())
    return name != "huisnummer" or at.get("huisnummer") == value


def _wrong(question: dict[str, Any]) -> Iterator[dict[str, str]]:
    must, _ = KINDS.get(question.get("type", ""), ((), 0))
    if not must:
        yield _param("type", "value", "Waarde is geen geldig zoek type.")
    for name in (*must, "fields"):
        if not question.get(name):
            yield _param(name, "required", "Parameter is verplicht.")
    if len(question.get("burgerservicenummer", ())) > 20:
        yield _param("burgerservicenummer", "maxItems", "Array bevat meer dan 20 items.")
    for at, field in enumerate(question.get("fields", ())):
        if field in BY_ITSELF or field.endswith("VerblijftNietOpAdres"):
            yield _param(f"fields[{at}]", "fields", "Parameter bevat een niet toegestane veldnaam.")
        elif field not in (ALLOWED if "burgerservicenummer" in question else CANDIDATE):
            yield _param(f"fields[{at}]", "fields", "Parameter bevat een niet bestaande veldnaam.")


def _param(name: str, code: str, reason: str) -> dict[str, str]:
    return {"name": name, "code": code, "reason": reason}


def _only(one: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    """Return of a person what was asked, and what comes by itself."""
    found = {name: one[name] for name in BY_ITSELF if name in one}
    for field in fields:
        _copy(one, found, field.split("."))
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
