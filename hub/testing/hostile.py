"""The other side at its worst: a register, and a connector, that break every rule in turn.

`HostileServer` is a small register of claims on a real socket, in JSON and in XML, that answers
well until its `case` is set. `HostileConnector` reads it as a connector should, until its `fault`
is set. `CASES` tells how a run of each must end, so that the author of another connector can hold
it to the same table.
"""

from __future__ import annotations

import gzip
import json
import socketserver
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qs, urlsplit

from marshmallow import fields

from hub.clock import FrozenClock
from hub.connector import (
    Batch,
    ConfigError,
    ConfigSchema,
    Connector,
    ContractError,
    Cursor,
    Fact,
    HubError,
    PermanentError,
    Record,
    Role,
    Stream,
    TransientError,
    hookimpl,
    read_json,
    read_xml,
    setting,
)
from hub.testing.certificates import Authority

#: How many claims stand on a page.
PAGE = 2

#: Test numbers that pass the elfproef.
BSNS = ("999990007", "999990019", "999990020")

#: Where a piece of a body that is made as it is sent ends.
MEGABYTE = 1 << 20

Claim = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """How a run against `name` must end.

    `status` is that of the run; `error` the branch that ended it, None where it went on; `says` a
    part of its sentence, or of the reason of the reject. `form` is what is read. With `fault` the
    connector misbehaves instead of the server.
    """

    name: str
    status: Literal["succeeded", "partly", "failed"]
    error: type[HubError] | None
    says: str = ""
    form: Literal["json", "xml"] = "json"
    fault: bool = False


def claims(count: int = 5) -> list[Claim]:
    """Return claims of the register, keys K-1 and on; amounts in cents."""
    return [
        {"key": f"K-{n}", "bsn": BSNS[n % 3], "open": 1000 * n, "text": f"Aanslag {n} (één)"}
        for n in range(1, count + 1)
    ]


def json_page(held: list[Claim], number: int) -> dict[str, Any]:
    """Return page `number` (from 1) of the register."""
    pages = max(1, -(-len(held) // PAGE))
    some = held[(number - 1) * PAGE : number * PAGE]
    return {"count": len(held), "page": number, "pages": pages, "claims": some}


def xml_page(held: list[Claim], number: int) -> str:
    """Return page `number` (from 1) of the register as XML, without a declaration."""
    page = json_page(held, number)
    lines = (
        f'<claim key="{one["key"]}" bsn="{one["bsn"]}" open="{one["open"]}">'
        f"{escape(one['text'])}</claim>"
        for one in page.pop("claims")
    )
    names = " ".join(f'{name}="{value}"' for name, value in page.items())
    return f"<register {names}>{''.join(lines)}</register>"


# --- the server --------------------------------------------------------------------------------


@dataclass
class Request:
    """One request, and the means to answer it badly. `held` is a copy of the claims."""

    server: HostileServer
    page: int
    xml: bool
    held: list[Claim]
    write: Callable[[bytes], Any]

    def good(self) -> bytes:
        """Return the body that should be sent."""
        if self.xml:
            return xml_page(self.held, self.page).encode()
        return json.dumps(json_page(self.held, self.page)).encode()

    def send(self, body: bytes, status: str = "200 OK", **headers: str) -> None:
        """Send a whole answer. A header's name is written with underscores."""
        self.head(status, Content_Length=str(len(body)), **headers)
        self.write(body)

    def head(self, status: str = "200 OK", **headers: str) -> None:
        """Send status and headers; the connection closes after the answer."""
        kind = "application/xml" if self.xml else "application/json"
        told = {"Content_Type": kind, "Connection": "close", **headers}
        lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in told.items()]
        self.write(f"HTTP/1.1 {status}\r\n{''.join(lines)}\r\n".encode())

    def drip(self, byte: bytes) -> None:
        """Send a byte again and again, until the other side or the server gives up."""
        while not self.server.stopping.wait(0.05):
            self.write(byte)

    def flood(self, piece: bytes, times: int) -> None:
        """Send a piece many times; it exists once."""
        for _ in range(times):
            self.write(piece)


class HostileServer:
    """The register. `claims` is what it holds; `case` names how it misbehaves.

    With a `folder` it speaks TLS, with certificates in that folder (`ca_file` is their authority).
    """

    def __init__(self, held: list[Claim] | None = None, folder: Path | None = None) -> None:
        self.claims = claims() if held is None else held
        self.case = "good"
        self.body: bytes | None = None  # sent instead of any page, when set
        self.asked = 0
        self.stopping = threading.Event()
        self._contexts = _contexts(folder) if folder else {}
        self.ca_file = str(folder / "ca.pem") if folder else ""
        self._server = _Server(("localhost", 0), _Handler)
        self._server.owner = self

    def __enter__(self) -> HostileServer:
        serve = self._server.serve_forever
        threading.Thread(target=serve, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Return the address of the register, without a slash at the end."""
        scheme = "https" if self._contexts else "http"
        return f"{scheme}://localhost:{self._server.server_address[1]}"

    def answer(self, connection: Any) -> None:
        """Answer one connection, well or badly."""
        self.asked += 1
        context = self._contexts.get(self.case) or self._contexts.get("good")
        # The other side may hang up in the middle, as it should.
        with suppress(OSError, ValueError):
            line = context.wrap_socket(connection, server_side=True) if context else connection
            request = self._request(line)
            if request and self.body is not None:
                request.send(self.body)
            elif request:
                _ANSWERS.get(self.case, _well)(request)
            line.close()

    def _request(self, line: Any) -> Request | None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = line.recv(65536)
            if not piece:
                return None
            head += piece
        path = urlsplit(head.split(b" ", 2)[1].decode())
        page = int(parse_qs(path.query).get("page", ["1"])[0])
        held = [dict(one) for one in self.claims]
        return Request(self, page, path.path.endswith(".xml"), held, line.sendall)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    owner: HostileServer


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Server)
        self.server.owner.answer(self.request)


def _contexts(folder: Path) -> dict[str, ssl.SSLContext]:
    authority = Authority(folder)
    stranger = Authority(folder / "stranger", "Onbekende autoriteit")
    pairs = {
        "good": authority.issue("good"),
        "certificate_expired": authority.issue("expired", days=-1),
        "certificate_of_another_name": authority.issue("other", host="elders.example"),
        "certificate_of_a_stranger": stranger.issue("stranger"),
    }
    made = {}
    for name, pair in pairs.items():
        made[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made[name].load_cert_chain(pair.certificate, pair.key)
    return made


_Answer = Callable[[Request], None]
_ANSWERS: dict[str, _Answer] = {}


def _answers(answer: _Answer) -> _Answer:
    _ANSWERS[answer.__name__] = answer
    return answer


def _well(request: Request) -> None:
    request.send(request.good())


def _sends(name: str, make: Callable[[Request], bytes], **headers: str) -> None:
    _ANSWERS[name] = lambda request: request.send(make(request), **headers)


def _refuses(name: str, status: str, **headers: str) -> None:
    _ANSWERS[name] = lambda request: request.send(b"secret", status, **headers)


def _changes(name: str, **values: Any) -> None:
    """Make a case in which one claim, on page 2, has other values."""

    def answer(request: Request) -> None:
        if len(request.held) > PAGE:
            request.held[PAGE] |= values
        _well(request)

    _ANSWERS[name] = answer


@_answers
def delay(request: Request) -> None:
    """Say nothing at all."""
    request.server.stopping.wait(30)


@_answers
def slow_head(request: Request) -> None:
    """Begin the headers and never end them."""
    request.write(b"HTTP/1.1 200 OK\r\nX: ")
    request.drip(b"x")


@_answers
def slow_body(request: Request) -> None:
    """Send the body byte by byte."""
    request.head(Content_Length="1000000")
    request.drip(b" ")


@_answers
def slow_chunk_size(request: Request) -> None:
    """Send a chunked body whose first chunk has a size without end."""
    request.head(Transfer_Encoding="chunked")
    request.drip(b"0")


@_answers
def endless_continue(request: Request) -> None:
    """Promise an answer (100 Continue) and never give it."""
    request.drip(b"HTTP/1.1 100 Continue\r\n\r\n")


@_answers
def endless_trailers(request: Request) -> None:
    """Send a whole body, and headers after it without end."""
    request.head(Transfer_Encoding="chunked")
    request.write(b"0\r\n")
    request.drip(b"X-More: 1\r\n")


@_answers
def drop_before_head(request: Request) -> None:
    """Close at once."""


@_answers
def drop_mid_body(request: Request) -> None:
    """Announce a body and close halfway; the first page is whole."""
    if request.page == 1:
        _well(request)
        return
    body = request.good()
    request.head(Content_Length=str(len(body)))
    request.write(body[: len(body) // 2])


@_answers
def drop_mid_chunk(request: Request) -> None:
    """Announce a chunk and close halfway."""
    request.head(Transfer_Encoding="chunked")
    request.write(b"ffff\r\n" + request.good())


@_answers
def no_http(request: Request) -> None:
    """Speak something else."""
    request.write(b"220 mail.example ESMTP\r\n")


@_answers
def header_of_10_mb(request: Request) -> None:
    """Send a header that is too long."""
    request.write(b"HTTP/1.1 200 OK\r\nX: ")
    request.flood(b"x" * MEGABYTE, 10)


@_answers
def body_of_2_gb(request: Request) -> None:
    """Announce and send 2 GB."""
    request.head(Content_Length=str(2 << 30))
    request.flood(b" " * MEGABYTE, 2048)


@_answers
def body_without_end(request: Request) -> None:
    """Send chunks for as long as they are taken."""
    request.head(Transfer_Encoding="chunked")
    piece = b"%x\r\n" % MEGABYTE + b" " * MEGABYTE + b"\r\n"
    request.flood(piece, 1 << 20)


@_answers
def gzip_bomb(request: Request) -> None:
    """Send 10 MB that unpack to 10 GB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    # A full flush ends a piece so that it can be repeated.
    piece = packer.compress(b" " * MEGABYTE * 10) + packer.flush(zlib.Z_FULL_FLUSH)
    request.head(Content_Encoding="gzip")
    request.write(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03")
    request.flood(piece, 1024)


@_answers
def deep_xml(request: Request) -> None:
    """Nest a million elements."""
    request.send(b"<a>" * 10**6)


@_answers
def duplicate_page(request: Request) -> None:
    """Give page 1 again under the number of page 2."""
    page = json_page(request.held, request.page)
    page["claims"] = request.held[:PAGE]
    request.send(json.dumps(page).encode())


@_answers
def reordered_pages(request: Request) -> None:
    """Give another page than was asked for."""
    request.send(json.dumps(json_page(request.held, 4 - request.page)).encode())


@_answers
def change_during_read(request: Request) -> None:
    """Hold one claim less from page 2 on."""
    held = request.held if request.page == 1 else request.held[1:]
    request.send(json.dumps(json_page(held, request.page)).encode())


@_answers
def pages_fall_short(request: Request) -> None:
    """Leave a claim out of the last page, and count it."""
    page = json_page(request.held, request.page)
    page["claims"] = page["claims"][: PAGE - 1]
    request.send(json.dumps(page).encode())


@_answers
def redirect(request: Request) -> None:
    """Point at another host, with a body without end."""
    request.head("302 Found", Location="http://elsewhere.example/")
    request.flood(b" " * MEGABYTE, 2048)


@_answers
def clock_ahead(request: Request) -> None:
    """Say that the list was made ten years from now."""
    page = json_page(request.held, request.page) | {"made_at": "2036-11-23T09:00:00+00:00"}
    request.send(json.dumps(page).encode())


def _text(request: Request, old: str, new: str) -> bytes:
    return request.good().decode().replace(old, new, 1).encode()


def _with_dtd(dtd: str) -> Callable[[Request], bytes]:
    def make(request: Request) -> bytes:
        body = _text(request, "Aanslag", "&z;")
        return f"<!DOCTYPE register [{dtd}]>".encode() + body

    return make


#: Each entity is ten of the one before: a gigabyte in ten lines.
_LAUGHS = '<!ENTITY a "haha">' + "".join(
    f'<!ENTITY {one} "{f"&{before};" * 10}">'
    for before, one in zip("abcdefghi", "bcdefghiz", strict=True)
)

_sends("half_json", lambda request: request.good()[:-9])
_sends("half_xml", lambda request: request.good()[:-9])
_sends("empty_body", lambda request: b"")
_sends("web_page", lambda request: b"<!doctype html><p>Onderhoud", Content_Type="text/html")
_sends("wrong_content_type", Request.good, Content_Type="image/png")
_sends("another_form", lambda request: b'[{"hello": 1}]')
_sends("json_in_utf16", lambda request: request.good().decode().encode("utf-16"))
_sends("json_in_latin1", lambda request: '{"count": "één"}'.encode("latin-1"))
_sends("json_with_bom", lambda request: b"\xef\xbb\xbf" + request.good())
_sends("xml_with_bom", lambda request: b"\xef\xbb\xbf" + request.good())
_sends(
    "xml_in_utf16",
    lambda request: f"<?xml version='1.0' encoding='UTF-16'?>{request.good().decode()}".encode(
        "utf-16"
    ),
)
_sends("xml_in_another_encoding", lambda request: request.good().decode().encode("latin-1"))
_sends(
    "xml_in_unknown_encoding",
    lambda request: b"<?xml version='1.0' encoding='klingon'?>" + request.good(),
)
_sends("gzip", lambda request: gzip.compress(request.good()), Content_Encoding="gzip")
_sends("gzip_that_is_none", Request.good, Content_Encoding="gzip")
_sends("gzip_cut_short", lambda r: gzip.compress(r.good())[:60], Content_Encoding="gzip")
_sends("deep_json", lambda request: b"[" * 10**6 + b"]" * 10**6)
_sends("entity_bomb", _with_dtd(_LAUGHS))
_sends("external_entity", _with_dtd('<!ENTITY z SYSTEM "file:///etc/passwd">'))
_sends("nan", lambda request: _text(request, "1000", "NaN"))
_sends("number_of_5000_digits", lambda request: _text(request, "1000", "9" * 5000))
_sends("number_without_bound", lambda request: _text(request, "1000", "1e999"))
_sends("half_character", lambda request: _text(request, "Aanslag", "\\ud800"))
_refuses("busy_with_wait", "429 Too Many Requests", Retry_After="120")
_refuses("busy_without_wait", "429 Too Many Requests")
_refuses("busy_until", "503 Unavailable", Retry_After="Fri, 31 Dec 9999 23:59:59 GMT")
_refuses("storm_of_500", "500 Internal Server Error")
_refuses("teapot", "418 Teapot")
_refuses("signed_out", "401 Unauthorized")
_changes("number_as_text", open="3000")
_changes("number_too_large", open=10**12)
_changes("null_in_mandatory", open=None)
_changes("nul_character", text="a\x00b")
_changes("field_of_10_mb", text="x" * 10 * MEGABYTE)
_changes("key_too_long", key="K" * 500)
_changes("key_empty", key="")
_changes("impossible_day", as_of="2026-02-30")


# --- the connector -----------------------------------------------------------------------------


class HostileConfig(ConfigSchema):
    """Where the register is, what to read, and how to misbehave."""

    url = setting(fields.String, "Adres", "Het adres van het register.")
    form = setting(fields.String, "Vorm", "json of xml.", load_default="json")
    ca_file = setting(fields.String, "CA-bestand", "Alleen bij https.", load_default="")
    timeout = setting(fields.Float, "Wachttijd", "In seconden.", load_default=60.0)
    fault = setting(fields.String, "Fout", "De fout van de koppeling.", load_default="")


class HostileConnector(Connector):
    """Reads the register page by page as a connector should, unless its setting `fault` is set."""

    name: ClassVar[str] = "hostile"
    title: ClassVar[str] = "Vijandige bron"
    role: ClassVar[Role] = "creditor"
    config: ClassVar[type[ConfigSchema]] = HostileConfig
    streams: ClassVar[tuple[Stream, ...]] = (Stream("claims", "Vorderingen", "snapshot"),)

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield the claims, well or badly."""
        fault = _FAULTS.get(self.settings["fault"])
        return fault(self) if fault else self.pages()

    def pages(self) -> Iterator[Batch]:
        """Yield a batch for each page; the last is complete when the count is right.

        Raises TransientError when the list changed during the read, PermanentError when it has
        another form.
        """
        first = self._page(1)
        keys: list[str] = []
        for number in range(1, first["pages"] + 1):
            page = first if number == 1 else self._page(number)
            _check_place(first, page, number)
            keys += [str(one["key"]) for one in page["claims"]]
            yield Batch([Record.json(str(one["key"]), one) for one in page["claims"]])
        if len(set(keys)) != len(keys) or len(keys) != first["count"]:
            raise TransientError(
                f"De bron kondigde {first['count']} vorderingen aan en gaf er {len(set(keys))}. "
                "Er is niets verwijderd. De hub probeert het later opnieuw.",
                "count does not add up",
            )
        made_at = first.get("made_at")
        yield Batch([], cursor={"delivered_at": made_at} if made_at else None, complete=True)

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the statement of one claim."""
        fault = self.settings["fault"]
        if fault in _PARSES:
            return _PARSES[fault](raw)
        told = json.loads(raw)
        data = {
            "person": {"bsn": told["bsn"], "surname": "Proef", "birth_date": "1980-05-01"},
            "reference": told["key"][:64],
            "creditor": "stad",
            "type": "ozb",
            "open": told["open"],
            "description": told["text"],
            "as_of": told.get("as_of", "2026-11-20"),
        }
        return [Fact("claim_statement", told["key"][:64] or "?", data)]

    def _page(self, number: int) -> dict[str, Any]:
        form = self.settings["form"]
        response = self.http.get(
            f"{self.settings['url']}/claims.{form}",
            params={"page": number},
            timeout=self.settings["timeout"],
            verify=self.settings["ca_file"] or True,
        )
        if form == "xml":
            return _read_xml_page(response.content)
        page = read_json(response.content)
        if not isinstance(page, dict) or not _is_page(page):
            raise _other_form()
        return page


def _is_page(page: dict[str, Any]) -> bool:
    numbers = all(type(page.get(name)) is int for name in ("count", "page", "pages"))
    found = page.get("claims")
    return (
        numbers
        and page["pages"] <= 10**6
        and isinstance(found, list)
        and all(
            isinstance(one, dict) and {"key", "bsn", "open", "text"} <= set(one) for one in found
        )
        and all(isinstance(one["key"], str) for one in found)
    )


def _read_xml_page(content: bytes) -> dict[str, Any]:
    root = read_xml(content)
    try:
        page: dict[str, Any] = {
            name: int(root.get(name, "")) for name in ("count", "page", "pages")
        }
        page["claims"] = [
            {
                "key": one.attrib["key"],
                "bsn": one.attrib["bsn"],
                "open": int(one.attrib["open"]),
                "text": one.text or "",
            }
            for one in root.iterfind("claim")
        ]
    except (KeyError, ValueError) as error:
        raise _other_form() from error
    return page


def _other_form() -> PermanentError:
    return PermanentError(
        "De lijst heeft niet de afgesproken vorm. Er is niets gewijzigd. Controleer het adres.",
        "list has another form",
    )


def _check_place(first: dict[str, Any], page: dict[str, Any], number: int) -> None:
    if page["page"] != number or (page["count"], page["pages"]) != (first["count"], first["pages"]):
        raise TransientError(
            f"De lijst veranderde tijdens het lezen, bij pagina {number}. Er is niets verwijderd. "
            "De hub probeert het later opnieuw.",
            f"list changed at page {number}",
        )


def plugin(connector: type[Connector] = HostileConnector) -> Any:
    """Return the connector as a plugin of the hub."""

    class Hostile:
        __name__ = "hostile"
        __file__ = __file__

        @hookimpl
        def hub_connectors(self) -> list[type[Connector]]:
            return [connector]

    return Hostile()


# --- the faults of a connector -----------------------------------------------------------------

_FAULTS: dict[str, Callable[[HostileConnector], Any]] = {}
_PARSES: dict[str, Callable[[bytes], Any]] = {}


def _fault(read: Callable[[HostileConnector], Any]) -> Callable[[HostileConnector], Any]:
    _FAULTS[read.__name__] = read
    return read


def _yields(name: str, *batches: Any) -> None:
    """Make a fault: after the good pages, these batches come instead of the end."""

    def read(connector: HostileConnector) -> Iterator[Any]:
        yield from [one for one in connector.pages() if not one.complete]
        yield from batches

    _FAULTS[name] = read


def _raises(error: BaseException) -> Any:
    raise error


_JUNK: Any = object()
_ONE = Record.json("K-9", claims(9)[-1])

_FAULTS["reads_nothing"] = lambda connector: None
_yields("yields_text", "K-9")
_yields("yields_records", _ONE)
_yields("records_are_text", Batch([_JUNK]))
_yields("records_are_a_generator", Batch(_JUNK))
_yields("raw_is_text", Batch([Record("K-9", _JUNK)]))
_yields("key_is_a_number", Batch([Record(_JUNK, b"{}")]))
_yields("cursor_is_a_list", Batch([], cursor=_JUNK))
_yields("cursor_is_no_json", Batch([], cursor={"at": _JUNK}))
_yields("confirm_is_no_function", Batch([], confirm=_JUNK))
_yields("complete_is_text", Batch([], complete=_JUNK))
_yields("complete_twice", Batch([], complete=True), Batch([], complete=True))
_yields("batch_of_a_million", Batch([_ONE] * 10**6))
_yields("same_key_thrice", Batch([_ONE] * 3), Batch([], complete=True))
_yields("confirm_raises", Batch([], complete=True, confirm=lambda: _raises(KeyError("999990019"))))
_yields("time_without_zone", Batch([], complete=True, cursor={"delivered_at": "2026-11-23"}))
_yields("moment_is_no_time", Batch([], complete=True, cursor={"delivered_at": "gisteren"}))


@_fault
def read_raises(connector: HostileConnector) -> Iterator[Batch]:
    """Break after the first page, with a person's number in the words."""
    yield next(connector.pages())
    raise KeyError("999990019")


@_fault
def message_is_no_text(connector: HostileConnector) -> Iterator[Batch]:
    """End with an error whose words no database can hold."""
    yield next(connector.pages())
    raise PermanentError("Onleesbaar: \x00\ud800.", "\x00\ud800")


@_fault
def never_ends(connector: HostileConnector) -> Iterator[Batch]:
    """Yield empty batches for ever; an hour passes between two of them."""
    while True:
        if isinstance(connector.context.clock, FrozenClock):
            connector.context.clock.move(hours=1)
        time.sleep(0.001)
        yield Batch([])


_PARSES["parse_raises"] = lambda raw: _raises(KeyError("999990019"))
_PARSES["parse_recurses"] = lambda raw: _raises(RecursionError())
_PARSES["parse_gives_nothing"] = lambda raw: None
_PARSES["parse_gives_text"] = lambda raw: ["K-9"]
_PARSES["unknown_kind"] = lambda raw: [Fact("horoscope", "x", {})]
_PARSES["fact_without_data"] = lambda raw: [Fact("claim_statement", "x", _JUNK)]
_PARSES["fact_key_too_long"] = lambda raw: [Fact("claim_statement", "x" * 500, {})]
_PARSES["fact_key_is_a_number"] = lambda raw: [Fact("claim_statement", _JUNK, {})]


# --- the table ---------------------------------------------------------------------------------

_BROKE = "maakte een onverwachte fout"
_BREACH = "houdt zich niet aan het contract"

#: What comes over the wire, by the side that sends it.
_SERVER = (
    Case("delay", "failed", TransientError, "binnen de tijd"),
    Case("slow_head", "failed", TransientError, "binnen de tijd"),
    Case("slow_body", "failed", TransientError, "te langzaam"),
    Case("slow_chunk_size", "failed", TransientError, "te langzaam"),
    Case("endless_continue", "failed", TransientError, "binnen de tijd"),
    Case("endless_trailers", "failed", TransientError, "te langzaam"),
    Case("drop_before_head", "failed", TransientError, "verbinding werd verbroken"),
    Case("drop_mid_body", "failed", TransientError, "brak af"),
    Case("drop_mid_chunk", "failed", TransientError, "brak af"),
    Case("no_http", "failed", TransientError, "verbinding werd verbroken"),
    Case("header_of_10_mb", "failed", TransientError, "verbinding werd verbroken"),
    Case("half_json", "failed", PermanentError, "geen geldige JSON"),
    Case("half_xml", "failed", PermanentError, "geen geldige XML", form="xml"),
    Case("empty_body", "failed", PermanentError, "geen geldige JSON"),
    Case("web_page", "failed", PermanentError, "geen geldige JSON"),
    Case("another_form", "failed", PermanentError, "niet de afgesproken vorm"),
    # The bytes are what counts; many servers label them wrongly.
    Case("wrong_content_type", "succeeded", None),
    Case("json_in_utf16", "failed", PermanentError, "geen leesbare tekst (UTF-8)"),
    Case("json_in_latin1", "failed", PermanentError, "geen leesbare tekst (UTF-8)"),
    Case("json_with_bom", "succeeded", None),
    Case("xml_with_bom", "succeeded", None, form="xml"),
    Case("xml_in_utf16", "succeeded", None, form="xml"),
    Case("xml_in_another_encoding", "failed", PermanentError, "geen geldige XML", form="xml"),
    Case("xml_in_unknown_encoding", "failed", PermanentError, "geen geldige XML", form="xml"),
    Case("gzip", "succeeded", None),
    Case("gzip_that_is_none", "failed", PermanentError, "niet uit te pakken"),
    Case("gzip_cut_short", "failed", PermanentError, "afgebroken"),
    Case("gzip_bomb", "failed", PermanentError, "groter dan"),
    Case("entity_bomb", "failed", PermanentError, "XML", form="xml"),
    Case("external_entity", "failed", PermanentError, "DTD", form="xml"),
    Case("deep_json", "failed", PermanentError, "niveaus diep"),
    Case("deep_xml", "failed", PermanentError, "geen geldige XML", form="xml"),
    Case("body_of_2_gb", "failed", PermanentError, "groter dan"),
    Case("body_without_end", "failed", PermanentError, "groter dan"),
    Case("duplicate_page", "failed", TransientError, "kondigde 5 vorderingen aan en gaf er 2"),
    Case("reordered_pages", "failed", TransientError, "veranderde tijdens het lezen"),
    Case("change_during_read", "failed", TransientError, "veranderde tijdens het lezen"),
    Case("pages_fall_short", "failed", TransientError, "kondigde 5 vorderingen aan en gaf er 3"),
    Case("busy_with_wait", "failed", TransientError, "HTTP 429"),
    Case("busy_without_wait", "failed", TransientError, "HTTP 429"),
    Case("busy_until", "failed", TransientError, "HTTP 503"),
    Case("storm_of_500", "failed", TransientError, "HTTP 500"),
    Case("teapot", "failed", PermanentError, "HTTP 418"),
    Case("signed_out", "failed", ConfigError, "HTTP 401"),
    Case("redirect", "failed", ConfigError, "volgt geen verwijzingen"),
    Case("certificate_expired", "failed", ConfigError, "is verlopen"),
    Case("certificate_of_another_name", "failed", ConfigError, "een andere naam"),
    Case("certificate_of_a_stranger", "failed", ConfigError, "niet vertrouwd"),
    # A clock ahead is not believed: the stream is as of now.
    Case("clock_ahead", "succeeded", None),
    Case("nan", "failed", PermanentError, "NaN"),
    Case("number_of_5000_digits", "failed", PermanentError, "5000 cijfers"),
    Case("number_without_bound", "failed", PermanentError, "oneindig"),
    Case("half_character", "failed", PermanentError, "halve tekens"),
    Case("number_as_text", "partly", None, "verwacht een bedrag in hele centen"),
    Case("number_too_large", "partly", None, "onmogelijk groot"),
    Case("null_in_mandatory", "partly", None, "een waarde is verplicht"),
    Case("nul_character", "partly", None, "tekens die geen tekst zijn"),
    Case("field_of_10_mb", "partly", None, "hoogstens 2000"),
    Case("key_too_long", "partly", None, "sleutel is 500 tekens lang"),
    Case("key_empty", "partly", None, "sleutel is leeg"),
    Case("impossible_day", "partly", None, "verwacht een datum"),
)

#: What a connector itself does wrong.
_CONNECTOR = (
    Case("reads_nothing", "failed", ContractError, _BREACH, fault=True),
    Case("yields_text", "failed", ContractError, _BREACH, fault=True),
    Case("yields_records", "failed", ContractError, _BREACH, fault=True),
    Case("records_are_text", "failed", ContractError, _BREACH, fault=True),
    Case("records_are_a_generator", "failed", ContractError, _BREACH, fault=True),
    Case("raw_is_text", "failed", ContractError, "geen bytes", fault=True),
    Case("key_is_a_number", "failed", ContractError, _BREACH, fault=True),
    Case("cursor_is_a_list", "failed", ContractError, _BREACH, fault=True),
    Case("cursor_is_no_json", "failed", ContractError, "past niet in JSON", fault=True),
    Case("confirm_is_no_function", "failed", ContractError, _BREACH, fault=True),
    Case("complete_is_text", "failed", ContractError, _BREACH, fault=True),
    Case("complete_twice", "failed", ContractError, "na een volledige", fault=True),
    Case("batch_of_a_million", "failed", ContractError, "ten hoogste", fault=True),
    Case("same_key_thrice", "succeeded", None, fault=True),
    Case("confirm_raises", "failed", ContractError, _BROKE, fault=True),
    Case("time_without_zone", "failed", PermanentError, "onleesbaar tijdstip", fault=True),
    Case("moment_is_no_time", "failed", PermanentError, "onleesbaar tijdstip", fault=True),
    Case("read_raises", "failed", ContractError, _BROKE, fault=True),
    Case("message_is_no_text", "failed", PermanentError, "Onleesbaar: ??.", fault=True),
    Case("never_ends", "failed", TransientError, "duurde te lang", fault=True),
    Case("parse_raises", "partly", None, "maakte een fout bij dit record", fault=True),
    Case("parse_recurses", "partly", None, "is onleesbaar", fault=True),
    Case("parse_gives_nothing", "failed", ContractError, _BREACH, fault=True),
    Case("parse_gives_text", "failed", ContractError, _BREACH, fault=True),
    Case("unknown_kind", "failed", ContractError, "onbekende soort", fault=True),
    Case("fact_without_data", "partly", None, "is geen record", fault=True),
    Case("fact_key_too_long", "partly", None, "sleutel is 500 tekens", fault=True),
    Case("fact_key_is_a_number", "failed", ContractError, _BREACH, fault=True),
)

#: Every case by name.
CASES: dict[str, Case] = {case.name: case for case in (*_SERVER, *_CONNECTOR)}
