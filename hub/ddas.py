"""The DDAS exchange API as one who asks: a token, then `POST /gegevens`, page by page.

The models of debt help (SHV) and of early signals (VS) travel the same way; what differs stands in
a `Standard`. Source: the OAS of both, and the pages beside them (VNG Realisatie).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import requests
from marshmallow import ValidationError, fields, validate

from hub.connector import ConfigError, Context, PermanentError, TransientError
from hub.connector import read_json as read_value
from schemas.fields import RecordSchema, Whole, shown

#: What every error about a delivery ends with, as the reader wonders at once.
KEPT = "Er is niets afgesloten of verwijderd."

_Texts = dict[str, str | list[Any] | dict[Any, Any]]
NULL: _Texts = {"null": "is leeg (null); laat het veld weg of vul het in"}
LIST: _Texts = {**NULL, "required": "ontbreekt", "invalid": "is geen lijst"}


def inside(group: Any, name: str) -> Any:
    """Return `group[name]`, or None when `group` is no group of fields or has no such field."""
    return group.get(name) if isinstance(group, dict) else None


class Euros(fields.Field[int]):
    """An amount in whole euros (`bedrag`); JSON Schema counts 120.0 as a whole number too."""

    default_error_messages = {**NULL, "required": "ontbreekt"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not whole:
            raise ValidationError(f"is {shown(value)}; verwacht een bedrag in hele euro's, als 120")
        if abs(value) >= 10**10:
            raise ValidationError("is onmogelijk groot; verwacht een bedrag in hele euro's")
        return int(value)


class Moment(fields.Field[datetime]):
    """A moment with its offset from UTC (`datum-tijd`)."""

    default_error_messages = {**NULL, "required": "ontbreekt"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            moment = None
        if moment is None or moment.tzinfo is None:
            example = "2026-11-23T10:00:00+01:00"
            raise ValidationError(f"is {shown(value)}; verwacht een tijdstip als {example}")
        return moment


def _from(least: int) -> validate.Range:
    return validate.Range(least, error=f"is lager dan {least}")


class Paging(RecordSchema):
    """Where an answer stands in the whole list; all four numbers are there or none."""

    current = Whole(required=True, data_key="currentPage", validate=_from(1))
    pages = Whole(required=True, data_key="totalPages", validate=_from(1))
    records = Whole(required=True, data_key="totalRecords", validate=_from(0))


def read_json(body: bytes) -> Any:
    """Return the JSON value of `body`. Raises PermanentError when it is not JSON in UTF-8."""
    try:
        # A half character is a matter of its traject alone.
        return read_value(body, half_characters=True)
    except PermanentError as error:
        raise PermanentError(
            f"Het antwoord is geen leesbare JSON (in UTF-8). {KEPT} "
            "Controleer het adres, of vraag de leverancier om het antwoord na te kijken.",
            error.log,
        ) from error


def digest(body: bytes) -> str:
    """Return the value of the Digest header of `body` (RFC 3230)."""
    return f"SHA-256={base64.b64encode(hashlib.sha256(body).digest()).decode()}"


def check_digest(header: str | None, body: bytes) -> None:
    """Raise PermanentError when a SHA-256 is announced and `body` has another."""
    for told in (header or "").split(","):
        name, _, value = told.strip().partition("=")
        if name.upper() == "SHA-256" and f"SHA-256={value}" != digest(body):
            raise PermanentError(
                "Het antwoord is onderweg veranderd: de controlewaarde (Digest) klopt niet. "
                f"{KEPT} Meld dit aan de leverancier.",
                "Digest header does not match the body",
            )


#: A file is read whole; no delivery of a municipality is this large.
MOST_BYTES = 200_000_000


def newest_file(folder: str) -> bytes:
    """Return the newest *.json in a folder. Raises PermanentError when there is none to read."""
    try:
        files = [(one.stat().st_mtime, one) for one in Path(folder).glob("*.json")]
        newest = max(files)[1] if files else None
        if newest is not None and newest.stat().st_size <= MOST_BYTES:
            return newest.read_bytes()
    except OSError as error:
        raise PermanentError(
            "De map met leveringen is niet te lezen. Controleer het pad en de rechten.",
            f"folder cannot be read: {type(error).__name__}",
        ) from error
    if newest is None:
        raise PermanentError(
            f"In de map met leveringen staat geen bestand *.json. {KEPT}", "no file to read"
        )
    raise PermanentError(
        f"Het nieuwste bestand is groter dan {MOST_BYTES // 10**6} MB. {KEPT}",
        "file is too large",
    )


def question(page: int, page_size: int, period: tuple[date, date] | None = None) -> dict[str, Any]:
    """Return a question for one page; both days of a period are included."""
    asked: dict[str, Any] = {"page": page, "pageSize": page_size}
    if period:
        asked["aanleverperiodeStartdatum"] = period[0].isoformat()
        asked["aanleverperiodeEinddatum"] = period[1].isoformat()
    return asked


#: A token is replaced when it has less than this to live.
_MARGIN = timedelta(seconds=30)

#: No token is trusted longer than these seconds, whatever the server says.
_LONGEST = 3600


class Place(Protocol):
    """An answer that tells where it stands; the numbers are None when it is not divided."""

    @property
    def current(self) -> int | None: ...
    @property
    def pages(self) -> int | None: ...
    @property
    def records(self) -> int | None: ...


PageT = TypeVar("PageT", bound=Place)


@dataclass(frozen=True, slots=True)
class Standard(Generic[PageT]):
    """What differs between the models: what the list holds (Dutch), and the names.

    `organisations` are the fields by which a question names who delivers, the usual one first: it
    differs between the published versions, and a service may refuse the other. `read` makes a page
    of the body of an answer, or raises PermanentError.
    """

    things: str
    organisations: tuple[str, ...]
    read: Callable[[bytes], PageT]


class Service(Generic[PageT]):
    """A supplier's service. It remembers its token as long as that is valid.

    `settings` has url, token_url, client_id, client_secret, organisation, page_size and
    period_start (a day or None).
    """

    def __init__(
        self, settings: Mapping[str, Any], context: Context, standard: Standard[PageT]
    ) -> None:
        self._settings = settings
        self._context = context
        self._standard = standard
        self._token = ""
        self._valid_until: datetime = context.clock.now()

    def sign_in(self) -> str:
        """Return an access token. Raises ConfigError when the credentials are refused."""
        now = self._context.clock.now()
        if now + _MARGIN >= self._valid_until:
            self._token, seconds = self._new_token()
            self._valid_until = now + timedelta(seconds=seconds)
        return self._token

    def _new_token(self) -> tuple[str, int]:
        settings = self._settings
        form = {
            "grant_type": "client_credentials",
            "client_id": settings["client_id"],
            "client_secret": settings["client_secret"],
            "scope": "read",
        }
        # RFC 6749 5.2: a refused client is told with 400 or 401.
        options: dict[str, Any] = {"allow_status": {400, 401}}
        response = self._context.http.post(settings["token_url"], data=form, **options)
        if response.status_code != 200:
            raise ConfigError(
                "De tokenserver weigert de aanmelding. Controleer client-id en client-geheim.",
                f"token endpoint refused the client: HTTP {response.status_code}",
            )
        answer = read_json(response.content)
        token, seconds = inside(answer, "access_token"), inside(answer, "expires_in")
        if not isinstance(token, str) or not token:
            raise PermanentError(
                "Het antwoord van de tokenserver bevat geen access_token. Controleer het adres "
                "van de tokenserver.",
                "token answer without access_token",
            )
        # RFC 6749 only recommends telling how long; a token that does not is used once.
        return token, min(seconds, _LONGEST) if isinstance(seconds, int) else 0

    def page(self, number: int, size: int | None = None) -> PageT:
        """Ask for one page of `size` things. Raises HubError."""
        size = size or self._settings["page_size"]
        response = self._answered(question(number, size, self._period()))
        if response.status_code != 200:
            raise _refusal(response.status_code, response.content)
        check_digest(response.headers.get("Digest"), response.content)
        return self._standard.read(response.content)

    def _answered(self, asked: dict[str, Any]) -> requests.Response:
        """Return the answer to a question; one that is refused is put in the other words too."""
        who = self._settings["organisation"]
        usual, *others = self._standard.organisations if who else ("",)
        first = self._ask({**asked, usual: who} if who else asked)
        for name in others if first.status_code == 400 else ():
            again = self._ask({**asked, name: who})
            if again.status_code != 400:
                return again
        return first

    def _ask(self, asked: dict[str, Any]) -> requests.Response:
        body = json.dumps(asked).encode()
        headers = {
            "Authorization": f"Bearer {self.sign_in()}",
            "Content-Type": "application/json",
            "Digest": digest(body),
        }
        options: dict[str, Any] = {"allow_status": {400, 422}}
        url = f"{self._settings['url']}/gegevens"
        return self._context.http.post(url, data=body, headers=headers, **options)

    def _period(self) -> tuple[date, date] | None:
        start = self._settings["period_start"]
        return (start, self._context.clock.today()) if start else None

    def pages(self) -> Iterator[PageT]:
        """Yield every page of one delivery.

        A page that does not exist is answered with page 1, so how far to go stands in the
        answer itself. Raises TransientError when the list changes while it is being read.
        """
        first = self.page(1)
        self._check_place(first, first, 1)
        yield first
        for number in range(2, (first.pages or 1) + 1):
            page = self.page(number)
            self._check_place(first, page, number)
            yield page

    def _check_place(self, first: PageT, page: PageT, number: int) -> None:
        if (page.pages, page.records) != (first.pages, first.records):
            raise TransientError(
                f"De lijst veranderde tijdens het lezen: pagina 1 kondigde {first.records} "
                f"{self._standard.things} "
                f"aan, pagina {number} {page.records or 'geen aantal'}. {KEPT} De hub probeert het "
                "later opnieuw.",
                "totals changed between pages",
            )
        if page.current not in (None, number):
            raise TransientError(
                f"Gevraagd is pagina {number}, maar de bron gaf pagina {page.current}. {KEPT} "
                "De hub probeert het later opnieuw.",
                f"asked for page {number}, got {page.current}",
            )


def _refusal(status: int, body: bytes) -> PermanentError:
    """Return the error of a refused question, with the supplier's own words where there are."""
    try:
        problem = read_json(body)
    except PermanentError:
        problem = None
    told = inside(problem, "detail") or inside(problem, "title")
    reason = f": {shown(told)}" if told else ""
    return PermanentError(
        f"De bron weigert de vraag (HTTP {status}){reason}. Controleer de organisatie en de "
        "begindatum in de instellingen.",
        f"question refused with HTTP {status}",
    )
