"""What came over the wire, read without trusting it: JSON and XML in, a value or a refusal out.

A source can be broken, or not be the source at all. What can never be read is refused here with a
PermanentError: its Dutch sentence says what is wrong, and neither of its texts repeats what was
received. The size of what comes in is bounded before this, by the session (hub.http).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from lxml import etree

from hub.errors import PermanentError

#: How many lists and objects may stand inside each other; real messages need about ten.
DEPTH = 100

#: How many digits a whole number may have. Reading one costs the square of its length.
DIGITS = 40

#: What every refusal ends with, as the reader wonders at once.
KEPT = "Er is niets gewijzigd."

#: Half a character, written as an escape: text that no database can hold.
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")

_KEPT_BYTES = b'"[]{}'
_OTHER_BYTES = bytes(set(range(256)) - set(_KEPT_BYTES))
_ONE_KIND = bytes.maketrans(b"{}", b"[]")


def read_json(content: bytes, what: str = "Het antwoord", *, half_characters: bool = False) -> Any:
    """Return the value of JSON in UTF-8, with or without a BOM.

    Raises PermanentError for anything else: other encodings, broken JSON, NaN and Infinity,
    numbers and nesting beyond reason, half characters (lone surrogates). `what` begins its
    sentence. Let half characters through where each record is judged by itself: one wrong record
    must not cost a page.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(what, "geen leesbare tekst (UTF-8)", "JSON is not in UTF-8") from error
    if _too_deep(content):
        raise _refused(what, f"meer dan {DEPTH} niveaus diep genest", "JSON is nested too deeply")
    try:
        value = json.loads(text, parse_int=_whole, parse_float=_real, parse_constant=_no_number)
    except _NoNumber as error:
        raise _refused(what, f"JSON met {error}", "holds no number") from error
    except ValueError as error:
        # The decoder's own words could repeat a piece of the content.
        raise _refused(what, "geen geldige JSON, of is afgebroken", "not JSON") from error
    if not half_characters and _HALF.search(content) and not _encodes(value):
        raise _refused(what, "JSON met halve tekens (surrogates)", "JSON holds a lone surrogate")
    return value


def read_xml(content: bytes, what: str = "Het antwoord") -> etree._Element:
    """Return the root of an XML document, in the encoding that it declares.

    Nothing outside the document is ever opened. Raises PermanentError when it is not well-formed,
    when it passes the limits of libxml2 on depth and length, and for any DTD: that is where
    entities come from, and no message needs one. `what` begins its sentence.
    """
    try:
        root = etree.fromstring(content, xml_parser())
    except (etree.XMLSyntaxError, LookupError) as error:
        line = getattr(error, "lineno", None) or 1
        told = f"geen geldige XML (regel {line}), of is afgebroken"
        raise _refused(what, told, f"not XML, line {line}") from error
    _require_no_dtd(root, what)
    return root


def read_xml_parts(
    pieces: Iterable[bytes], depth: int, what: str = "Het bestand"
) -> Iterator[etree._Element]:
    """Yield every element at `depth` (the root is 1) when it is whole; it is gone after that.

    For documents too large for a tree: the memory that is used is that of one part. Raises
    PermanentError as `read_xml` does, at the moment that the reader gets there.
    """
    parser: Any = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    level = 0
    try:
        for piece in pieces:
            parser.feed(piece)
            for event, element in parser.read_events():
                if not isinstance(element.tag, str):
                    continue
                level += 1 if event == "start" else -1
                if event == "start" and level == 1:
                    _require_no_dtd(element, what)
                if event == "end" and level == depth - 1:
                    yield element
                    _forget(element)
        parser.close()
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        told = f"geen geldige XML (regel {line}), of is afgebroken"
        raise _refused(what, told, f"not XML, line {line}") from error


def _forget(element: etree._Element) -> None:
    parent = element.getparent()
    element.clear()
    while parent is not None and parent[0] is not element:
        del parent[0]


def _require_no_dtd(root: etree._Element, what: str) -> None:
    docinfo: Any = root.getroottree().docinfo  # the type stubs leave `doctype` out
    if docinfo.doctype:
        raise _refused(what, "XML met een DTD, en dat is onveilig", "a DTD is refused")


def xml_parser(target: Any = None) -> etree.XMLParser:
    """Return a parser that opens nothing outside the document; the only way to make one.

    With `target` (see lxml) the document is fed to it in pieces and no tree is made; a target must
    refuse a DTD itself.
    """
    return etree.XMLParser(
        target=target, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )


class _NoNumber(ValueError):
    """A number that is none; its text is Dutch, and holds no digit of what was received."""


def _refused(what: str, told: str, log: str) -> PermanentError:
    return PermanentError(
        f"{what} is {told}. {KEPT} Controleer het adres, of vraag de leverancier om het "
        "antwoord na te kijken.",
        f"answer refused: {log}",
    )


def _too_deep(content: bytes) -> bool:
    """Tell whether JSON is nested deeper than DEPTH; in linear time and without recursion."""
    # First the escapes, so that every quote left begins or ends a text.
    bare = content.replace(rb"\\", b"").replace(rb"\"", b"")
    marks = bare.translate(_ONE_KIND, _OTHER_BYTES)
    marks = re.sub(rb'"[^"]*"?', b"", marks.replace(b'""', b""))
    # Taking out every innermost pair takes away one level.
    for _ in range(DEPTH):
        if b"[]" not in marks:
            break
        marks = marks.replace(b"[]", b"")
    return b"[]" in marks or len(marks) > DEPTH


def _whole(digits: str) -> int:
    if len(digits) > DIGITS:
        raise _NoNumber(f"een getal van {len(digits)} cijfers")
    return int(digits)


def _real(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _NoNumber("een oneindig groot getal")
    return value


def _no_number(name: str) -> NoReturn:
    raise _NoNumber(f"{name}, en dat is geen getal")


def _encodes(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
