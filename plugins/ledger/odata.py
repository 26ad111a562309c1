"""How to ask the ledger: a question about a person, and pages of documents.

An answer is JSON, in the shape of an XML feed (`feed.entry`), of OData 2 (`d.results`) or of OData
4 (`value`). Pages follow a link where the answer gives one, and `$skip` and `$top` where not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from hub.connector import PermanentError, TransientError, read_json

KEPT = "Er is niets gewijzigd."

_PARTNER = re.compile(r"[A-Za-z0-9]{1,20}")

#: No person has so many pages; a link that leads in a circle would never end.
MOST_PAGES = 500


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its documents, how many there are in all (None: not told), and the next."""

    items: list[dict[str, Any]]
    total: int | None
    next: str


def partners(answer: bytes, bsn: str) -> list[str]:
    """Return the partner numbers of a person; none when the ledger does not know them.

    The ledger gives a BSN as a number, and as text where it starts with a zero. It says that it
    does not know somebody; to say nothing is no answer. Raises PermanentError for that, and when it
    answers about somebody else.
    """
    if not answer.strip():
        raise PermanentError(
            f"Het grootboek gaf een leeg antwoord op de vraag wie iemand is. {KEPT} Een leeg "
            "antwoord zegt niet dat iemand niets heeft. Vraag de beheerder van het grootboek om "
            "dit na te kijken.",
            "ledger gave an empty answer about a person",
        )
    told = read_json(answer, "Het antwoord van het grootboek")
    records = told.get("Record", told) if isinstance(told, dict) else None
    found: list[Any] = records if isinstance(records, list) else [records]
    if not all(isinstance(one, dict) for one in found):
        raise _unlike()
    if any(one.get("Gevonden") not in ("Ja", "Nee") for one in found):
        raise _unlike()
    known = [one for one in found if one.get("Gevonden") == "Ja"]
    if any(str(one.get("BSN", bsn)).zfill(9) != bsn for one in known):
        raise PermanentError(
            f"Het grootboek gaf de gegevens van een ander dan gevraagd. {KEPT} Vraag de beheerder "
            "van het grootboek om dit na te kijken.",
            "ledger answered about another person",
        )
    numbers = [str(one.get("Zakenpartnernummer", "")) for one in known]
    if any(not _PARTNER.fullmatch(one) for one in numbers):
        raise _unlike()
    # Somebody may be known twice under one number; their bills are there once.
    return list(dict.fromkeys(numbers))


def read_page(answer: bytes) -> Page:
    """Return a page of documents. Raises PermanentError for another shape."""
    told = read_json(answer, "Het antwoord van het grootboek", half_characters=True)
    if not isinstance(told, dict):
        raise _unlike()
    for shape in (_feed, _version_two, _version_four):
        page = shape(told)
        if page is not None:
            return page
    raise _unlike()


def _feed(told: dict[str, Any]) -> Page | None:
    feed = told.get("feed")
    if not isinstance(feed, dict):
        return None
    entries = feed.get("entry") or []
    # Made of XML: one entry is no list, and none is nothing at all.
    entries = entries if isinstance(entries, list) else [entries]
    links = feed.get("link") or []
    links = links if isinstance(links, list) else [links]
    after = [one.get("@href", "") for one in links if _is(one, "@rel", "next")]
    items = [_inside(one, "content", "properties") for one in entries]
    return Page(items, _count(feed.get("count")), str(after[0]) if after else "")


def _version_two(told: dict[str, Any]) -> Page | None:
    inside = told.get("d")
    if not isinstance(inside, dict) or not isinstance(inside.get("results"), list):
        return None
    items = [_inside(one) for one in inside["results"]]
    return Page(items, _count(inside.get("__count")), str(inside.get("__next") or ""))


def _version_four(told: dict[str, Any]) -> Page | None:
    if not isinstance(told.get("value"), list):
        return None
    items = [_inside(one) for one in told["value"]]
    total = _count(told.get("@odata.count"))
    return Page(items, total, str(told.get("@odata.nextLink") or ""))


def _inside(value: Any, *path: str) -> dict[str, Any]:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, dict):
        raise _unlike()
    # What begins with two underscores is about the message, not about the document.
    return {name: one for name, one in value.items() if not name.startswith(("__", "@"))}


def _is(value: Any, name: str, wanted: str) -> bool:
    return isinstance(value, dict) and value.get(name) == wanted


def _count(value: Any) -> int | None:
    text = str(value if value is not None else "")
    return int(text) if text.isdecimal() else None


class Moved(TransientError):
    """The ledger changed while it was read: what was given is not one picture."""


def all_items(
    first: str, query: dict[str, str], size: int, get: Callable[[str, dict[str, str]], bytes]
) -> Iterator[dict[str, Any]]:
    """Yield every document of a question, page after page.

    Raises Moved when the ledger told another number than it gave, told two numbers, or gave a
    document on two pages: then another one may have slipped through between them.
    """
    url, asked = first, {**query, "$top": str(size)}
    total: int | None = None
    known: set[str] = set()
    seen = 0
    for _ in range(MOST_PAGES):
        page = read_page(get(url, asked))
        if total is not None and page.total not in (None, total):
            raise _moved(f"count went from {total} to {page.total}")
        total = page.total if total is None else total
        marks = [_mark(one) for one in page.items]
        again = [one for one in marks if one in known]
        if again and len(again) == len(marks) and total is None and "$skip" in asked:
            # It does not know how to skip, and gives the same again: that was all, if not cut off.
            if seen < size:
                return
            raise _never_next()
        if again:
            raise _moved("a document is on two pages")
        yield from page.items
        known.update(marks)
        seen += len(page.items)
        if page.next:
            url, asked = _same_place(first, url, page.next), {}
        elif url == first and page.items and (total is None or seen < total):
            # A server may give less at a time than asked, so without a count only none is the end.
            asked = {**query, "$top": str(size), "$skip": str(seen)}
        elif total not in (None, seen):
            raise Moved(
                f"Het grootboek noemt {total} documenten en gaf er {seen}. {KEPT} De hub "
                "probeert het later opnieuw.",
                f"count is {total}, read {seen}",
            )
        else:
            return
    raise PermanentError(
        f"Het grootboek geeft meer dan {MOST_PAGES} bladzijden over een persoon. {KEPT}",
        "pages without end",
    )


def _mark(item: dict[str, Any]) -> str:
    return str(sorted(item.items(), key=str))


def _moved(log: str) -> Moved:
    return Moved(
        f"De facturen in het grootboek veranderden tijdens het lezen. {KEPT} De hub probeert het "
        "later opnieuw.",
        log,
    )


def _never_next() -> PermanentError:
    return PermanentError(
        f"Het grootboek geeft steeds dezelfde bladzijde. {KEPT} Verhoog het aantal facturen per "
        "bladzijde in de instellingen.",
        "ledger ignores $skip",
    )


#: What changes of a document in its life; by the rest it is known to be the same.
_CHANGING = frozenset(
    (
        "ClearingDate",
        "DunningBlockingReason",
        "DunningLevel",
        "IsCleared",
        "Paylink",
        "PaymentMethod",
        "ReverseDocument",
        "SEPAMandate",
    )
)


def require_one_picture(items: list[dict[str, Any]]) -> None:
    """Raise Moved when a document is both open and cleared: it changed between two questions."""
    told: dict[str, set[str]] = {}
    for one in items:
        lasting = {name: value for name, value in one.items() if name not in _CHANGING}
        told.setdefault(_mark(lasting), set()).add(str(one.get("IsCleared")).lower())
    if any(len(both) > 1 for both in told.values()):
        raise _moved("a document is open and cleared")


def _same_place(first: str, url: str, link: str) -> str:
    """Return the address of the next page. Raises PermanentError when it is on another server."""
    found = urljoin(url, link)
    if urlsplit(found)[:2] != urlsplit(first)[:2]:
        raise PermanentError(
            f"Het grootboek verwijst voor de volgende bladzijde naar een andere server. {KEPT}",
            "next link leads to another server",
        )
    return found


def _unlike() -> PermanentError:
    return PermanentError(
        f"Het antwoord van het grootboek heeft niet de verwachte vorm. {KEPT} Controleer het adres "
        "en de paden in de instellingen.",
        "answer of the ledger has another shape",
    )
