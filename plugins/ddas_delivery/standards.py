"""What differs between the two deliveries: debt help (SHV v1.0) and early signals (VS v1.2).

A `Standard` fills the day's book from what the hub exports, and writes a page of it as the one
`levering` of this municipality.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.connector import Context
from plugins.ddas_delivery.book import Book, Page, Seal, Writing
from plugins.ddas_delivery.shv import client_json, traject_json, traject_of
from plugins.ddas_delivery.vs import attempt_json, case_json, signal_json, undated_json

#: A list in a message: its name, and the JSON of each item.
Listed = tuple[str, Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Standard:
    """`organisations` names the fields of a question by which one organisation is asked for.

    `most` is above how many things a delivery must be divided. `delivery` is what stands around
    the lists of a levering, by the settings and the code of the municipality.
    """

    name: str
    things: str
    organisations: tuple[str, ...]
    most: int
    kinds: tuple[str, ...]
    fill: Callable[[Context, Writing, Seal], None]
    delivery: Callable[[Mapping[str, Any], str], dict[str, Any]]
    lists: Callable[[Book, Page], list[Listed]]


# --- debt help ---------------------------------------------------------------------------------


def _fill_trajects(context: Context, book: Writing, seal: Seal) -> None:
    for case in context.export("debt_case"):
        client = client_json(case["person"])
        if client is None:
            book.left_out += 1
            continue
        mark = seal.mark(*traject_of(case))
        found = book.find(mark)
        if found is None:
            told = traject_json(case, context.municipality)
            days = (case["starts_on"], case.get("ends_on"))
            found = (book.thing(mark, told, days), False)
        book.part(found[0], client)


def _organisation_shv(settings: Mapping[str, Any], municipality: str) -> dict[str, Any]:
    # Either the municipality itself, by its code, or another organisation, by its KvK number.
    other = settings["kvk"]
    who = {"KvK-nummer": other} if other else {"gemeentecode": municipality}
    told = {"(Statutaire) Naam": settings["organisation"]} | who | _contacts(settings)
    return {"aanleverende_organisatie": told}


def _trajects(book: Book, page: Page) -> list[Listed]:
    # The standard knows two clients at most.
    told = (_with(traject, "client", parts[:2]) for traject, parts in book.things(page))
    return [("schuldhulptrajecten", told)]


# --- early signals -----------------------------------------------------------------------------


def _fill_signals(context: Context, book: Writing, seal: Seal) -> None:
    for signal in context.export("early_signal"):
        source, reference = signal["source"], signal["reference"]
        mark, name = seal.mark(source, reference), seal.mark(reference)
        id_, own = reference, True
        if book.find(mark):
            # The source uses one number twice: a case can only mean the first.
            mark, id_, own = seal.mark(source, "key", signal["key"]), signal["key"], False
        elif book.named(name):
            own = False
        told = signal_json(signal, id_ if own else _apart(source, id_))
        if told is None:
            book.left_out += 1
            continue
        on = signal.get("signalled_on") or signal.get("arisen_on")
        book.thing(mark, told, (on, on), name if own else None)
    _fill_cases(context, book, seal)
    for attempt in context.export("contact_attempt"):
        case = book.find_case(seal.mark(attempt["source"], attempt.get("about") or ""))
        if case is not None:
            book.part(case, attempt_json(attempt))


def _apart(source: str, number: str) -> str:
    """Return the ID of a signal whose number another source uses too."""
    return f"{source}:{number}"


def _fill_cases(context: Context, book: Writing, seal: Seal) -> None:
    for case in context.export("signal_case"):
        source, things, ids = case["source"], [], []
        for reference in case["signals"]:
            if found := book.find(seal.mark(source, reference)):
                things.append(found[0])
                ids.append(reference if found[1] else _apart(source, reference))
        if things:
            # A list of signals holds none twice.
            told = case_json(case, list(dict.fromkeys(ids)))
            number = book.case(seal.mark(source, case["key"]), told, things)
            for attempt in undated_json(case):
                book.part(number, attempt)


def _organisation_vs(settings: Mapping[str, Any], municipality: str) -> dict[str, Any]:
    kvk = {"kvk-nummer": settings["kvk"]} if settings["kvk"] else {}
    told = {"naam": settings["organisation"]} | kvk | _contacts(settings)
    return {"gemeentecode": municipality, "aanleverendeOrganisatie": told}


def _signals(book: Book, page: Page) -> list[Listed]:
    told = (signal for signal, _ in book.things(page))
    cases = (_with(case, "contactpogingen", parts) for case, parts in book.cases(page))
    return [("vroegsignalen", told), ("vroegsignaalzaken", cases)]


# --- both --------------------------------------------------------------------------------------


def _contacts(settings: Mapping[str, Any]) -> dict[str, Any]:
    names = {
        "naam": "contact_name",
        "telefoonnummer": "contact_phone",
        "email": "contact_email",
        "functietitel": "contact_title",
    }
    told = {name: settings[ours] for name, ours in names.items() if settings[ours]}
    return {"contactpersonen": [told]} if told else {}


def _with(group: bytes, name: str, parts: list[bytes]) -> bytes:
    """Return the JSON of a group of fields with one more list in it, when there is anything."""
    if not parts:
        return group
    comma = b"" if group == b"{}" else b","
    return group[:-1] + comma + f'"{name}":['.encode() + b",".join(parts) + b"]}"


STANDARDS = {
    "shv": Standard(
        "shv",
        "trajecten",
        # The OAS 2.0.0 has the first, 1.0.0 the second.
        ("aanleverendeOrganisatie", "aanleverende_organisatie"),
        25_000,
        ("debt_case",),
        _fill_trajects,
        _organisation_shv,
        _trajects,
    ),
    "vs": Standard(
        "vs",
        "vroegsignalen",
        ("aanleverendeOrganisatie",),
        50_000,
        ("early_signal", "signal_case", "contact_attempt"),
        _fill_signals,
        _organisation_vs,
        _signals,
    ),
}
