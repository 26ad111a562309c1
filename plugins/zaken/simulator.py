"""A case system as the demo and the tests play it, with its broker and who it works with.

One server plays four systems: the Zaken API, the Notificaties API (which tries a callback before
it takes a subscription, delivers with repeats and counts), a receiver of CloudEvents, and the
register of customer contacts.
"""

from __future__ import annotations

import secrets
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

from flask import Flask, Response, abort, jsonify, request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from hub.clock import Clock
from hub.connector import Context, HubError
from hub.testing import this_machine
from hub.testing.simulator import Simulator, SourceSpec
from hub.testing.world import Case, Dossier, Municipality, RemissionRequest
from plugins.zaken.messages import case_message, role_message

PAGE = 100

_SPACE = uuid.UUID("5d1c6f55-8f5b-4c7a-9d0e-6f2a1b7c3e40")

#: Types of cases, by the name in their address.
KINDS = {"schuldhulp": "Schuldhulpverlening", "kwijtschelding": "Kwijtschelding belastingen"}

#: A type of case that no source asks for.
OTHER = "bouwvergunning"


class CaseOffice(Simulator):
    """The case system. For tests: `cases` by UUID, `subscriptions`, `events`, `contacts`.

    `waiting` holds notifications that were not taken yet; `taken` counts those that were, by id.
    """

    name: ClassVar[str] = "zaken"
    extra = True
    client_id = "schuldenhub"
    oin_source = "urn:nld:oin:00000001234567890000:systeem:schuldenhub"
    origin = "schuldenhub.voorbeeldstad.example"

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.secret = secrets.token_hex(32)
        self.events_token, self.contacts_token = secrets.token_hex(16), secrets.token_hex(16)
        self.cases = {one["uuid"]: one for one in _cases(municipality)}
        self.subscriptions: list[dict[str, Any]] = []
        self.waiting: list[dict[str, Any]] = []
        self.taken: Counter[str] = Counter()
        self.events: dict[tuple[str, str], dict[str, Any]] = {}
        self.contacts: dict[str, dict[str, Any]] = {}
        self.objects: dict[str, list[dict[str, Any]]] = {}
        self.carried_out: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._web = _routes(self)

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request."""
        return self._web(environ, start_response)

    def sources(self) -> list[SourceSpec]:
        """Return the source that reads cases, and tells events and contacts."""
        config = {
            "url": f"{self.url}/zaken/api/v1",
            "client_id": self.client_id,
            "client_secret": self.secret,
            "case_types": " ".join(map(self.kind_url, KINDS)),
            "events_url": f"{self.url}/gebeurtenissen",
            "events_token": self.events_token,
            "events_source": self.oin_source,
            "events_prefix": "nl.schuldhulp",
            "events_origin": self.origin,
            "contacts_url": f"{self.url}/klantinteracties/api/v1",
            "contacts_token": self.contacts_token,
        }
        owner = self.municipality.organisations[0].code
        return [SourceSpec("zaken", "Zaaksysteem", "zaken", owner, config)]

    def effects(self) -> Mapping[str, int]:
        """Return how often each event was taken and each contact made, by its key."""
        return self.carried_out

    def kind_url(self, kind: str) -> str:
        """Return the address of a type of case."""
        return f"{self.url}/catalogi/api/v1/zaaktypen/{uuid.uuid5(_SPACE, kind)}"

    def case_url(self, number: str) -> str:
        """Return the address of a case."""
        return f"{self.url}/zaken/api/v1/zaken/{number}"

    # --- the broker ----------------------------------------------------------------------------

    def notify(self, number: str, action: str = "update", resource: str = "zaak") -> dict[str, Any]:
        """Queue a notification about a case and return it; `deliver` brings it."""
        about = self.case_url(number)
        message = {
            "kanaal": "zaken",
            "hoofdObject": about,
            "resource": resource,
            "resourceUrl": about,
            "actie": action,
            "aanmaakdatum": self.clock.now().isoformat(),
            "kenmerken": {"bronorganisatie": "000000000"},
        }
        self.waiting.append(message)
        return message

    def deliver(self) -> list[int]:
        """Bring every waiting notification to every subscriber; return the statuses.

        What is not taken waits for the next time, as a broker repeats itself.
        """
        statuses, left = [], []
        for message in self.waiting:
            answers = [self._post(one, message) for one in self.subscriptions]
            statuses += answers
            if answers and all(status == 204 for status in answers):
                self.taken[message["hoofdObject"]] += 1
            else:
                left.append(message)
        self.waiting = left
        return statuses

    def subscribe(self, told: dict[str, Any]) -> str:
        """Take a subscription after two trials; return what is wrong, empty when nothing is."""
        message: dict[str, Any] = {
            "kanaal": "test",
            "hoofdObject": "http://some.resource.nl/",
            "resource": "some_resource",
            "resourceUrl": "http://some.resource.nl/",
            "actie": "create",
            "aanmaakdatum": "2019-01-01T12:00:00Z",
            "kenmerken": {},
        }
        if self._post(told | {"auth": ""}, message) != 403:
            return "no-auth-on-callback-url"
        if self._post(told, message) != 204:
            return "invalid-callback-url"
        number = told.get("url") or f"{self.url}/notificaties/api/v1/abonnement/{uuid.uuid4()}"
        others = [one for one in self.subscriptions if one["url"] != number]
        self.subscriptions = [*others, told | {"url": number}]
        return ""

    def _post(self, subscription: Mapping[str, Any], message: Mapping[str, Any]) -> int:
        headers = {"Authorization": subscription["auth"]} if subscription["auth"] else {}
        try:
            with this_machine(), Context().http as session:
                return session.post(
                    subscription["callbackUrl"],
                    json=message,
                    headers=headers,
                    allow_status={400, 403, 404, 415, 503},  # type: ignore[call-arg]
                ).status_code
        except HubError:
            return 0

    # --- who the hub tells something -----------------------------------------------------------

    def take_event(self, event: dict[str, Any]) -> int:
        """Take an event; one with a known source and id is taken and left."""
        if any(not event.get(name) for name in ("specversion", "id", "source", "type")):
            return 400
        with self._lock:
            key = event["source"], event["id"]
            if key not in self.events:
                self.events[key] = event
                self.carried_out[event["id"]] += 1
        return 204

    def make_contact(self, told: dict[str, Any]) -> dict[str, Any]:
        """Make a contact; this register knows no idempotency key and makes one at every call."""
        about = told["onderwerpobject"]["onderwerpobjectidentificator"]["objectId"]
        number = str(uuid.uuid4())
        with self._lock:
            self.contacts[number] = told
            self.carried_out[about] += 1
        return {**told, "klantcontact": self._contact(number)}

    def _contact(self, number: str) -> dict[str, Any]:
        told = self.contacts[number]
        about = [told["onderwerpobject"], *self.objects.get(number, [])]
        names = [{"uuid": _uuid(number, at)} for at, _ in enumerate(about)]
        return {**told["klantcontact"], "uuid": number, "gingOverOnderwerpobjecten": names}

    def contacts_about(self, about: str) -> list[dict[str, Any]]:
        """Return the contacts about an object."""
        return [
            self._contact(number)
            for number, told in self.contacts.items()
            if told["onderwerpobject"]["onderwerpobjectidentificator"]["objectId"] == about
        ]

    # --- what it tells -------------------------------------------------------------------------

    def told(self, case: Mapping[str, Any]) -> dict[str, Any]:
        """Return a case as the Zaken API tells it, with the addresses of today."""
        return {
            **{name: value for name, value in case.items() if name != "kind"},
            "url": self.case_url(case["uuid"]),
            "zaaktype": self.kind_url(case["kind"]),
        }

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """Return the cases of a type by number."""
        found = [one for one in self.cases.values() if self.kind_url(one["kind"]) == kind]
        return sorted(found, key=lambda one: str(one["identificatie"]))

    def knows(self, authorization: str) -> bool:
        """Tell whether a caller of the Zaken API has a token that we can check."""
        try:
            key = OctKey.import_key(self.secret)
            token = jwt.decode(authorization.removeprefix("Bearer "), key, algorithms=["HS256"])
        except (JoseError, ValueError):
            return False
        return token.claims.get("client_id") == self.client_id


def _cases(municipality: Municipality) -> Iterator[dict[str, Any]]:
    for dossier in municipality.dossiers():
        if dossier.case:
            yield _help_case(dossier, dossier.case)
        for claim in dossier.claims:
            if claim.remission:
                yield _remission_case(dossier, claim.number, claim.remission)
        if dossier.person.number % 50 == 0:
            yield _case(OTHER, f"B{dossier.person.number:06}", dossier, "Aanbouw", "2026-02-01")


def _help_case(dossier: Dossier, case: Case) -> dict[str, Any]:
    number = f"SHV-{dossier.person.number:06}"
    made = _case("schuldhulp", number, dossier, "Hulp bij schulden", str(case.registered_on))
    status = "Afgehandeld" if case.ended_on else "In behandeling" if case.intake_on else "Ontvangen"
    _set_status(made, status, str(case.ended_on or case.intake_on or case.registered_on))
    made["einddatum"] = str(case.ended_on) if case.ended_on else None
    for partner in case.clients[1:]:
        role = role_message(asdict(partner), "mede_initiator")
        made["_expand"]["rollen"].append(role | {"uuid": _uuid(number, partner.number)})
    return made


def _remission_case(dossier: Dossier, claim: str, told: RemissionRequest) -> dict[str, Any]:
    title = f"Kwijtschelding aanslag {claim}"
    made = _case("kwijtschelding", f"KW-{claim}", dossier, title, str(told.requested_on))
    decided = told.decided_on
    _set_status(made, "Besloten" if decided else "Ontvangen", str(decided or told.requested_on))
    made["einddatum"] = str(decided) if decided else None
    return made


def _case(kind: str, number: str, dossier: Dossier, title: str, begun: str) -> dict[str, Any]:
    data = {
        "number": number,
        "type": KINDS.get(kind, "Bouwvergunning"),
        "title": title,
        "status": "Ontvangen",
        "starts_on": begun,
        "ends_on": None,
        "person": asdict(dossier.person),
        "details": {
            "uuid": _uuid(number),
            "registered_on": begun,
            "confidentiality": "zaakvertrouwelijk",
            "status_on": begun,
        },
    }
    made = case_message(data) | {"kind": kind}
    made["_expand"]["rollen"][0]["uuid"] = _uuid(number, "initiator")
    return made


def _set_status(case: dict[str, Any], name: str, on: str) -> None:
    kind = {"statustype": {"omschrijving": name}}
    case["_expand"]["status"] = {"datumStatusGezet": on, "_expand": kind}


#: How much the register takes of some fields.
_MOST = {
    ("klantcontact", "kanaal"): 50,
    ("klantcontact", "onderwerp"): 200,
    ("klantcontact", "inhoud"): 1000,
    ("betrokkene", "contactnaam", "voorletters"): 10,
    ("betrokkene", "contactnaam", "voorvoegselAchternaam"): 10,
}


def _too_long(told: Mapping[str, Any]) -> Iterator[str]:
    for path, most in _MOST.items():
        value: Any = told
        for name in path:
            value = value[name]
        if len(value) > most:
            yield ".".join(path)


def _uuid(*parts: object) -> str:
    return str(uuid.uuid5(_SPACE, "/".join(map(str, parts))))


def _routes(office: CaseOffice) -> Flask:
    """Return the web application of the case system and its neighbours."""
    web = Flask("case-office")

    @web.before_request
    def sign_in() -> None:
        told = request.headers.get("Authorization", "")
        if request.path.startswith("/gebeurtenissen"):
            known = told == f"Bearer {office.events_token}" or office.knows(told)
        elif request.path.startswith("/klantinteracties"):
            known = told == f"Token {office.contacts_token}"
        else:
            known = office.knows(told)
        if not known:
            abort(403)

    _case_routes(web, office)
    _neighbour_routes(web, office)
    return web


def _case_routes(web: Flask, office: CaseOffice) -> None:
    @web.get("/zaken/api/v1/zaken")
    def cases() -> Response:
        found = office.of_kind(request.args["zaaktype"])
        start = (request.args.get("page", 1, type=int) - 1) * PAGE
        page = [office.told(one) for one in found[start : start + PAGE]]
        return jsonify(count=len(found), next=None, previous=None, results=page)

    @web.get("/zaken/api/v1/zaken/<number>")
    def case(number: str) -> Response:
        if number not in office.cases:
            abort(404)
        return jsonify(office.told(office.cases[number]))

    @web.get("/notificaties/api/v1/abonnement")
    def subscriptions() -> Response:
        # A token is told to a broker, and never told again.
        told = [{k: v for k, v in one.items() if k != "auth"} for one in office.subscriptions]
        return jsonify(told)

    @web.post("/notificaties/api/v1/abonnement")
    @web.put("/notificaties/api/v1/abonnement/<number>")
    def subscribe(number: str = "") -> tuple[Response, int]:
        known = {"url": request.base_url} if number else {}
        wrong = office.subscribe(request.get_json() | known)
        if wrong:
            fault = {"name": "callbackUrl", "code": wrong, "reason": "niet bruikbaar"}
            return jsonify(status=400, invalidParams=[fault]), 400
        return jsonify(request.get_json()), 201


def _neighbour_routes(web: Flask, office: CaseOffice) -> None:
    @web.route("/gebeurtenissen", methods=["OPTIONS"])
    def handshake() -> Response:
        asked = request.headers.get("WebHook-Request-Origin", "")
        told = {"Allow": "POST"}
        if asked == office.origin:
            told |= {"WebHook-Allowed-Origin": asked, "WebHook-Allowed-Rate": "*"}
        return Response("", 200, told)

    @web.post("/gebeurtenissen")
    def event() -> Response:
        if request.mimetype != "application/cloudevents+json":
            return Response("", 415)
        return Response("", office.take_event(request.get_json(force=True)))

    @web.post("/klantinteracties/api/v1/maak-klantcontact")
    def contact() -> tuple[Response, int]:
        told = request.get_json()
        wrong = list(_too_long(told))
        if wrong:
            faults = [{"name": name, "code": "max_length", "reason": "te lang"} for name in wrong]
            return jsonify(status=400, invalidParams=faults), 400
        return jsonify(office.make_contact(told)), 201

    @web.post("/klantinteracties/api/v1/onderwerpobjecten")
    def object_() -> tuple[Response, int]:
        told = request.get_json()
        number = told["klantcontact"]["uuid"]
        if number not in office.contacts:
            return jsonify(status=400, invalidParams=[{"name": "klantcontact.uuid"}]), 400
        office.objects.setdefault(number, []).append(told)
        return jsonify(told), 201

    @web.get("/klantinteracties/api/v1/klantcontacten")
    def contacts() -> Response:
        wanted = request.args["onderwerpobject__onderwerpobjectidentificatorObjectId"]
        found = office.contacts_about(wanted)
        return jsonify(count=len(found), results=found)
