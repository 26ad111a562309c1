"""How to ask a DDAS service: a token first, then `POST /gegevens`, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from hub.connector import ConfigError, Context, PermanentError, TransientError
from plugins.debt_help.messages import (
    KEPT,
    Page,
    check_digest,
    digest,
    inside,
    question,
    read_json,
    read_page,
)
from schemas.fields import shown

#: A token is replaced when it has less than this to live.
_MARGIN = timedelta(seconds=30)

#: No token is trusted longer than these seconds, whatever the server says.
_LONGEST = 3600


class Service:
    """A supplier's service. It remembers its token as long as that is valid."""

    def __init__(self, settings: Mapping[str, Any], context: Context) -> None:
        self._settings = settings
        self._context = context
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

    def page(self, number: int, size: int | None = None) -> Page:
        """Ask for one page of `size` trajects. Raises HubError."""
        size = size or self._settings["page_size"]
        organisation = self._settings["aanleverende_organisatie"]
        body = question(number, size, organisation, self._period())
        headers = {
            "Authorization": f"Bearer {self.sign_in()}",
            "Content-Type": "application/json",
            "Digest": digest(body),
        }
        options: dict[str, Any] = {"allow_status": {400, 422}}
        url = f"{self._settings['url']}/gegevens"
        response = self._context.http.post(url, data=body, headers=headers, **options)
        if response.status_code != 200:
            raise _refusal(response.status_code, response.content)
        check_digest(response.headers.get("Digest"), response.content)
        return read_page(response.content)

    def _period(self) -> tuple[date, date] | None:
        start = self._settings["period_start"]
        return (start, self._context.clock.today()) if start else None

    def pages(self) -> Iterator[Page]:
        """Yield every page of one delivery.

        A page that does not exist is answered with page 1, so how far to go stands in the
        answer itself. Raises TransientError when the list changes while it is being read.
        """
        first = self.page(1)
        _check_place(first, first, 1)
        yield first
        for number in range(2, (first.pages or 1) + 1):
            page = self.page(number)
            _check_place(first, page, number)
            yield page


def _check_place(first: Page, page: Page, number: int) -> None:
    if (page.pages, page.records) != (first.pages, first.records):
        raise TransientError(
            f"De lijst veranderde tijdens het lezen: pagina 1 kondigde {first.records} trajecten "
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
