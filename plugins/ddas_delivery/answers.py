"""One page as an answer: the body streams from the day's book, and is signed before it leaves.

The headers go before the body, so the body is made twice: once to sign it, once to send it. Both
times it comes from the same book, byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from plugins.ddas_delivery.book import Book, Page
from plugins.ddas_delivery.standards import Standard

#: About how many bytes leave at a time.
PORTION = 64 * 1024


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for: a period, both days included, and a page of it."""

    since: date
    until: date
    page: int = 1
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Paging:
    """Where a page stands; `told` is whether the answer says so."""

    size: int
    current: int
    pages: int
    total: int
    told: bool


def paging(asked: Question, total: int, most: int) -> Paging:
    """Return where the answer stands; a page that does not exist is the first one.

    More things than `most`, or than were asked for, are always divided. An answer tells where it
    stands when there is more than one page, and when it is not the page that was asked for. By the
    OAS and the page on non-functional demands beside it.
    """
    size = min(asked.size or most, most)
    pages = max(1, -(-total // size))
    exists = asked.page <= pages
    return Paging(size, asked.page if exists else 1, pages, total, pages > 1 or not exists)


def body_parts(
    standard: Standard,
    book: Book,
    asked: Question,
    place: Paging,
    settings: Mapping[str, Any],
    municipality: str,
) -> Callable[[], Iterator[bytes]]:
    """Return what makes the body, in parts of about PORTION bytes, as often as it is called."""
    page = Page(place.total, (place.current - 1) * place.size, place.size)
    frame = {
        "startdatumLevering": asked.since.isoformat(),
        "einddatumLevering": asked.until.isoformat(),
        "aanleverdatumEnTijd": f"{book.made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "codeGegevensleverancier": settings["supplier"],
    }
    delivery = {"teller": 1} | standard.delivery(settings, municipality)

    def pieces() -> Iterator[bytes]:
        yield b'{"gegevens":' + _open(frame) + b',"leveringen":[' + _open(delivery)
        for name, rows in standard.lists(book, page):
            yield f',"{name}":['.encode()
            for at, row in enumerate(rows):
                yield b"," + row if at else row
            yield b"]"
        yield b"}]}" + _paging(place) + b"}"

    return lambda: portions(pieces())


def portions(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in parts of about PORTION bytes."""
    part = bytearray()
    for piece in pieces:
        part += piece
        if len(part) >= PORTION:
            yield bytes(part)
            part.clear()
    if part:
        yield bytes(part)


def _open(told: dict[str, Any]) -> bytes:
    """Return the JSON of a group of fields, without its end."""
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()[:-1]


def _paging(place: Paging) -> bytes:
    if not place.told:
        return b""
    told = {
        "pageSize": place.size,
        "currentPage": place.current,
        "totalPages": place.pages,
        "totalRecords": place.total,
    }
    return b',"paginering":' + json.dumps(told).encode()
