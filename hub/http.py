"""The HTTP session that a connector gets: limits of time and size, and failures as hub errors.

Every failure becomes an error whose branch says what to do, with a Dutch sentence that an
administrator can act on. Addresses are shown as host and port only: a path or query may hold
more than a log should.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.exceptions import ConnectionError as RequestsConnectionError

from hub.bounds import BoundedBody, Bounds
from hub.errors import ConfigError, HubError, TransientError
from hub.outcomes import Action, action_for, error_for
from hub.reach import Reach, current_reach
from hub.sockets import CuttableAdapter

#: Seconds to wait for a connection, and for the next byte of an answer.
TIMEOUT = (5.0, 60.0)

_NO_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)

#: The longest that a source may ask to be left alone, in seconds: a day.
LONGEST_WAIT = 24 * 3600.0

# It would log whole addresses, and the headers that it could not read.
logging.getLogger("urllib3").setLevel(logging.ERROR)


class HubSession(requests.Session):
    """A `requests` session that raises hub errors and never follows a redirect elsewhere.

    `pace` is called before each request and waits where the source must be spared; `outcomes`
    is a connector's own table of what statuses mean. `wait` is how many seconds to wait for a
    connection, and for the next byte of an answer. The limits below count after decompression,
    in bytes, and in seconds. They may be set on a session; `stream_` is for a body that is asked
    for with `stream=True`. Only what `reach` allows is called: the internet, when it is not given
    and the hub did not set it for the work in hand.
    """

    wait: tuple[float, float] = TIMEOUT
    max_bytes: int = 64 << 20
    max_seconds: float = 300
    stream_max_bytes: int = 4 << 30
    stream_max_seconds: float = 2 * 3600

    def __init__(self, reach: Reach | None = None) -> None:
        super().__init__()
        self.pace: Callable[[], None] = lambda: None
        self.outcomes: Mapping[int | str, Action] = {}
        self._adapter = CuttableAdapter(reach or current_reach())
        self.mount("https://", self._adapter)
        self.mount("http://", self._adapter)

    @property
    def reach(self) -> Reach:
        """Return what may be called, for a protocol other than HTTP."""
        return self._adapter.reach

    def abort(self) -> None:
        """Cut every connection, from any thread: whoever waits for an answer fails at once."""
        self._adapter.cut()

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send a request; return the response when its status is below 400.

        Raises ConfigError (credentials, certificate, address), TransientError (unreachable,
        busy, server fault) or PermanentError (refused). Pass `allow_status={404}` to receive
        a response with that status instead of an error. The body is read within the limits; with
        `stream=True` reading it raises the errors of `hub.bounds.BoundedBody`.
        """
        allowed: set[int] = options.pop("allow_status", set())
        streamed = bool(options.pop("stream", self.stream))
        options.setdefault("timeout", self.wait)
        # Said outright, or REQUESTS_CA_BUNDLE in the environment would go before a source's own.
        options.setdefault("verify", self.verify)
        # Whoever answers for an address is who was configured; get() would follow by default.
        options["allow_redirects"] = False
        self.pace()
        try:
            response = super().request(method, url, stream=True, **options)
        except requests.RequestException as error:
            raise explain(error, url) from error
        self._bound(response, streamed)
        if response.status_code >= 300 and response.status_code not in allowed:
            with response:
                raise explain_status(response, self.outcomes)
        if not streamed:
            response.content  # noqa: B018 - read now, so that it breaks off here
        return response

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return None: even to look where a redirect leads, requests would read its whole body."""
        return None

    def _bound(self, response: requests.Response, streamed: bool) -> None:
        bounds = Bounds(self.max_bytes, self.max_seconds)
        if streamed:
            bounds = Bounds(self.stream_max_bytes, self.stream_max_seconds)
        acted = response.request.method not in ("GET", "HEAD", "OPTIONS")
        where = place(response.url)
        response.raw = BoundedBody(response.raw, bounds, where, acted=acted)


def place(url: str) -> str:
    """Return host and port of `url`, all of an address that may be shown."""
    try:
        found = urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        found = ""
    # Of what is no address nobody knows which part is a password.
    return found or "het ingestelde adres"


def explain(error: Exception, url: str) -> HubError:
    """Turn a failure of the connection into the error that says what to do."""
    where = place(url)
    text = str(error)
    if isinstance(error, requests.exceptions.SSLError) or "SSL" in text or "certificate" in text:
        return ConfigError(
            f"De beveiligde verbinding met {where} kwam niet tot stand. "
            f"{_certificate_advice(text)}",
            f"TLS failure towards {where}: {type(error).__name__}",
        )
    if isinstance(error, requests.Timeout):
        return TransientError(
            f"{where} gaf geen antwoord binnen de tijd. De hub probeert het later opnieuw.",
            f"timeout towards {where}",
            may_have_arrived=not isinstance(error, requests.ConnectTimeout),
        )
    if isinstance(error, RequestsConnectionError):
        return TransientError(
            f"Er luistert niets op {where}, of de verbinding werd verbroken. "
            "Controleer of het systeem draait en of adres en poort kloppen.",
            f"connection failed towards {where}: {type(error).__name__}",
            may_have_arrived="refused" not in text,
        )
    if isinstance(error, _NO_ADDRESS):
        return ConfigError(
            "Het adres is geen geldige URL. Vul een adres in dat begint met https://.",
            "invalid URL in source settings",
        )
    return TransientError(
        f"Het lezen van {where} brak af.",
        f"read failed towards {where}: {type(error).__name__}",
        may_have_arrived=True,
    )


def _certificate_advice(text: str) -> str:
    if "alert" in text.lower():
        return "De andere kant weigert ons certificaat: kies het certificaat dat bij ons past."
    if "EOF" in text:
        # Under TLS 1.3 a refusal often reaches us only as a connection that is closed.
        return (
            "De andere kant verbrak de verbinding, meestal omdat ons certificaat wordt geweigerd: "
            "kies het certificaat dat bij ons past."
        )
    if "expired" in text:
        return "Het certificaat van de andere kant is verlopen."
    if "Hostname mismatch" in text or "doesn't match" in text:
        return "Het certificaat is van een andere naam dan het adres."
    return "Het certificaat van de andere kant is niet vertrouwd: controleer het CA-bestand."


def explain_status(
    response: requests.Response, own: Mapping[int | str, Action] | None = None
) -> HubError:
    """Turn an HTTP status of 300 and up into the error that says what to do."""
    status = response.status_code
    action = action_for(status, own)
    return error_for(
        action,
        place(response.url),
        f"HTTP {status}",
        retry_after=retry_after(response),
        # Too many requests, or come back later: nothing was done with this one.
        arrived=action != "wait",
    )


def retry_after(response: requests.Response) -> float | None:
    """Return the seconds, at most a day, that the other side asks to wait; None when unsaid."""
    told = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[+-]?[0-9]{1,300}(\.[0-9]{1,300})?", told):
        seconds: float | None = float(told)
    else:
        seconds = _until(told, response.headers.get("Date", ""))
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_WAIT)


def _until(moment: str, date: str) -> float | None:
    """Return the seconds until an HTTP date, by the clock of whoever wrote it."""
    until, now = _moment(moment), _moment(date) or datetime.now(UTC)
    return (until - now).total_seconds() if until else None


def _moment(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
