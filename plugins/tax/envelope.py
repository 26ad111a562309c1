"""The frame around every message of the tax office: a header, records, and a count.

The header (`stuurgegevens`) is that of StUF 3.01, a public Dutch standard. Everything around and
inside it is a format of our own; see docs/tax-delivery.md.

A delivery may hold millions of records, of which few changed since yesterday. So the reader does
not build a tree: lxml checks every byte for well-formedness without making one, and the bytes of
each record are cut out beside it. That is sound because the format allows no comment, CDATA,
processing instruction or DTD: in well-formed XML without those, a tag looks like nothing else.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from lxml import etree

from hub.clock import AMSTERDAM
from hub.connector import Cursor, PermanentError, Record, RecordError, read_xml, xml_parser

#: Namespace of the children of `stuurgegevens` (StUF 3.01).
STUF = "http://www.egem.nl/StUF/StUF0301"

#: Namespace of everything else: our own.
OWN = "urn:schuldenhub:belastinglevering:1"

#: Bytes to read at once; larger pieces measured slower.
CHUNK = 1 << 16

#: A record, or what stands before the first or after the last one, is never this long.
MOST = 1 << 20

#: What a number or reference looks like, so that it can be a key.
KEY_FORM = re.compile(r"[A-Za-z0-9._/-]{1,64}")

#: The end of every message about a delivery that cannot be read.
KEPT = "Er is niets afgesloten of verwijderd. Vraag de bron om een nieuwe levering."


@dataclass(frozen=True, slots=True)
class Shape:
    """The names of one kind of list: its root, its records, their key, and the count."""

    root: str
    record: str
    key: str
    count: str
    functions: tuple[str, ...]
    tombstone: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """The `stuurgegevens`: who writes what to whom, when (aware), under which number.

    `code` is Di01 (free message), Bv01 (done) or Fo01 (refused). `answers` is the number of the
    message that this one answers.
    """

    sender: str
    receiver: str
    reference: str
    sent_at: datetime
    function: str = ""
    code: str = "Di01"
    answers: str = ""
    sender_application: str = "Belastingen"
    receiver_application: str = "Schuldenhub"

    def xml(self) -> str:
        """Return the element, its children in the order of the standard."""
        stamp = self.sent_at.astimezone(AMSTERDAM).strftime("%Y%m%d%H%M%S000")
        children = (
            _stuf("berichtcode", self.code),
            _party("zender", self.sender, self.sender_application),
            _party("ontvanger", self.receiver, self.receiver_application),
            _stuf("referentienummer", self.reference),
            _stuf("tijdstipBericht", stamp),
            _stuf("crossRefnummer", self.answers),
            _stuf("functie", self.function),
        )
        return f'<stuurgegevens xmlns:StUF="{STUF}">{"".join(children)}</stuurgegevens>'

    def cursor(self) -> Cursor:
        """Return what to remember of a delivery: its number, and when it was made (ISO, UTC)."""
        moment = self.sent_at.astimezone(UTC).isoformat()
        return {"delivered_at": moment, "reference": self.reference}


def _stuf(name: str, value: str) -> str:
    return f"<StUF:{name}>{escape(value, quote=False)}</StUF:{name}>" if value else ""


def _party(name: str, organisation: str, application: str) -> str:
    inside = _stuf("organisatie", organisation) + _stuf("applicatie", application)
    return f"<StUF:{name}>{inside}</StUF:{name}>"


def tag(name: str, value: Any) -> str:
    """Return one element with text; nothing at all when there is no value."""
    if value is None or value == "":
        return ""
    return f"<{name}>{escape(str(value), quote=False)}</{name}>"


def document(root: str, header: Header, body: str) -> bytes:
    """Return a whole small message."""
    text = f'<{root} xmlns="{OWN}">\n{header.xml()}\n{body}</{root}>\n'
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + text.encode()


def read_document(raw: bytes) -> etree._Element:
    """Parse a whole small message. Raises ValueError when it is none."""
    if b"<!" in raw:
        raise ValueError("a DTD, comment or CDATA is not part of the format")
    try:
        return read_xml(raw)
    except PermanentError as error:
        raise ValueError("not well-formed XML") from error


def read_element(raw: bytes, name: str) -> etree._Element:
    """Parse the bytes of one record. Raises RecordError when it is no element `name`."""
    try:
        element = read_document(raw)
    except ValueError as error:
        raise RecordError(
            f"{name} is geen leesbare XML; vraag de bron dit record opnieuw te leveren"
        ) from error
    if element.tag != name:
        raise RecordError(f"{name} ontbreekt; verwacht een element <{name}>")
    return element


def read_header(root: etree._Element) -> Header:
    """Return the header of a parsed message. Raises ValueError (Dutch) naming what is wrong."""
    told = {
        path: root.findtext(f"{{{OWN}}}stuurgegevens/{{{STUF}}}{path}", "").strip()
        for path in (
            "berichtcode",
            f"zender/{{{STUF}}}organisatie",
            f"ontvanger/{{{STUF}}}organisatie",
            "referentienummer",
            "tijdstipBericht",
            "functie",
            "crossRefnummer",
        )
    }
    code, sender, receiver, reference, moment, function, answers = told.values()
    if not 1 <= len(reference) <= 40:
        raise ValueError("het referentienummer ontbreekt of is langer dan 40 tekens")
    return Header(sender, receiver, reference, _moment(moment), function, code, answers)


def _moment(text: str) -> datetime:
    # StUF names no time zone; Dutch systems write Dutch time.
    try:
        if not re.fullmatch(r"[0-9]{14}([0-9]{3})?", text):
            raise ValueError(text)
        return datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=AMSTERDAM)
    except ValueError:
        raise ValueError(
            f"het tijdstipBericht is '{text[:20]}'; verwacht een tijdstip als 20261123031500000"
        ) from None


class _Strict:
    """A parser target that hears nothing but what the format forbids, so that it costs little."""

    def doctype(self, *names: object) -> None:
        raise _unlike("een DTD (misschien antwoordt hier een webpagina)")

    def comment(self, text: str) -> None:
        raise _unlike("commentaar")

    def pi(self, target: str, data: str | None = None) -> None:
        raise _unlike("een verwerkingsinstructie (<?…?>)")

    def close(self) -> None:
        """Return nothing: there is no tree."""


def _unlike(what: str) -> PermanentError:
    return PermanentError(
        f"De levering bevat {what}, en dat hoort niet in dit formaat. {KEPT}",
        "delivery holds what the format forbids",
    )


def well_formed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the chunks after lxml has read them. Raises PermanentError where the XML breaks."""
    parser = xml_parser(_Strict())
    try:
        for chunk in chunks:
            parser.feed(chunk)
            yield chunk
        parser.close()
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        raise PermanentError(
            f"De levering is geen geldige XML: het gaat mis op regel {line}, of de levering is "
            f"daar afgebroken. {KEPT}",
            f"XML breaks at line {line}",
        ) from error


class DeliveryReader:
    """A list of records being read as a stream, in flat memory.

    Making one reads the header. Iterating yields `Record`s (a tombstone has `deleted`) and ends
    normally only when the XML is whole and the count in it is the count that was read. Anything
    else raises PermanentError; whatever the chunks raise passes through.
    """

    def __init__(self, chunks: Iterable[bytes], shape: Shape) -> None:
        self._shape = shape
        self._record_name = shape.record.encode()
        self._key_opens = f"<{shape.key}>".encode()
        self._key_closes = f"</{shape.key}>".encode()
        self._chunks = well_formed(chunks)
        self._text = b""
        self.count = 0
        self.nameless = 0
        self.header = self._read_header()

    @property
    def complete(self) -> bool:
        """Tell whether what was read to its end says which records there are, and no others.

        A record without a usable key may be any known one, so after it none may be called gone.
        """
        return self.header.function == self._shape.functions[0] and not self.nameless

    def __iter__(self) -> Iterator[Record]:
        names = [name for name in (self._shape.record, self._shape.tombstone) if name]
        opening = re.compile(rf"\s*<({'|'.join(names)})>".encode())
        closing = {name.encode(): f"</{name}>".encode() for name in names}
        at = 0
        while True:
            found = opening.match(self._text, at)
            close = closing[found[1]] if found else b""
            end = self._text.find(close, found.end()) if found else -1
            if found and end >= 0:
                end += len(close)
                yield self._record(self._text[found.start(1) - 1 : end], found[1])
                at = end
            elif self._more(at):
                at = 0
            else:
                break
        self._read_trailer(self._text)

    def _more(self, at: int) -> bool:
        """Read on, keeping what stands from `at`; False at the end of the delivery."""
        kept = self._text[at:]
        if len(kept) > MOST:
            raise PermanentError(
                f"Na {self.count} records bevat de levering iets anders dan "
                f"<{self._shape.record}>, of een record groter dan 1 MB. {KEPT}",
                f"no record of known form after record {self.count}",
            )
        chunk = next(self._chunks, None)
        self._text = kept + (chunk or b"")
        return chunk is not None

    def _record(self, raw: bytes, name: bytes) -> Record:
        if b"<!" in raw:
            raise _unlike("een CDATA-blok")
        self.count += 1
        key = self._key(raw)
        if key is None:
            # Parsing tells what is wrong with it, also with a tombstone.
            self.nameless += 1
            return Record(f"onbekend-{hashlib.sha256(raw).hexdigest()[:24]}", raw)
        return Record(key, raw, deleted=name != self._record_name)

    def _key(self, raw: bytes) -> str | None:
        start = raw.find(self._key_opens) + len(self._key_opens)
        key = raw[start : raw.find(self._key_closes, start)].decode(errors="replace")
        # A BSN as a key would spread through the hub.
        if len(key) == 9 and b"<bsn>" + key.encode() in raw:
            return None
        return key if KEY_FORM.fullmatch(key) else None

    def _read_header(self) -> Header:
        ends = b"</stuurgegevens>"
        while ends not in self._text and len(self._text) < MOST:
            if not self._more(0):
                break
        head, found, self._text = self._text.partition(ends)
        if not found:
            raise self._no_delivery(head)
        if re.search(rb"""encoding=["'](?!(?i:utf-8|us-ascii)["'])""", head[:200]):
            raise _unlike("een andere tekencodering dan UTF-8")
        try:
            root = read_document(head + found + f"</{self._shape.root}>".encode())
        except ValueError:
            raise self._no_delivery(head) from None
        if root.tag != f"{{{OWN}}}{self._shape.root}" or None not in root.nsmap:
            raise self._no_delivery(head)
        return self._understood(root)

    def _understood(self, root: etree._Element) -> Header:
        try:
            header = read_header(root)
            if header.code != "Di01" or header.function not in self._shape.functions:
                raise ValueError(
                    f"berichtcode is '{header.code[:10]}' en functie is '{header.function[:30]}'; "
                    f"verwacht Di01 met {' of '.join(self._shape.functions)}"
                )
        except ValueError as error:
            raise PermanentError(
                f"De stuurgegevens van de levering kloppen niet: {error}. {KEPT}",
                "delivery header not understood",
            ) from error
        return header

    def _no_delivery(self, head: bytes) -> PermanentError:
        first = re.search(rb"<([A-Za-z][\w:.-]{0,40})", head)
        received = f"<{first[1].decode()}>" if first else "geen XML"
        return PermanentError(
            f'Verwacht werd <{self._shape.root} xmlns="{OWN}"> met stuurgegevens; ontvangen is '
            f"{received}. Controleer het adres of het bestand. {KEPT}",
            f"not a {self._shape.root} with a header",
        )

    def _read_trailer(self, text: bytes) -> None:
        form = rf"\s*<{self._shape.count}>([0-9]{{1,12}})</{self._shape.count}>"
        found = re.fullmatch(rf"{form}\s*</{self._shape.root}\s*>\s*".encode(), text)
        if not found:
            raise PermanentError(
                f"Na {self.count} records volgt iets anders dan <{self._shape.count}>. {KEPT}",
                "no count at the end of the delivery",
            )
        if int(found[1]) != self.count:
            raise PermanentError(
                f"De levering noemt {int(found[1])} records, maar er zijn er {self.count} gelezen. "
                f"{KEPT}",
                f"count is {int(found[1])}, read {self.count}",
            )
