"""What every request is held to before any page looks at it.

A page checks what its own fields mean. What no field of any page can mean is refused here once:
characters that no store can hold, numbers that no id can be, and a BSN in an address, as addresses
stay behind in histories and in the logs of proxies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from flask import Flask, abort, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.routing import IntegerConverter
from werkzeug.wrappers import Response

from hub.errors import Outdated, PermanentError
from hub.front.access import the_hub
from hub.reconcile.merging import merged_into
from schemas import elfproef

#: The largest number that a row can have.
LARGEST = 2**31 - 1

#: The longest text that a person may send in one field, in characters.
LONGEST = 10_000

#: Nobody turns so many pages; far beyond it the store could not count.
MOST_PAGES = 100_000

#: Control characters, but for the ends of lines and the tab.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

#: Nine digits on their own: within the id of a resident they mean nothing.
_NINE = re.compile(r"(?<![0-9A-Za-z])[0-9]{9}(?![0-9A-Za-z])")

RESIDENT = re.compile(r"[0-9a-f]{32}")


class BadInput(PermanentError):
    """Something was sent that no field can hold."""

    title = "Dit kan de hub niet lezen"


class RowNumber(IntegerConverter):
    """The number of a row in an address; what no row can have leads to no page."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **(options | {"max": LARGEST}))  # type: ignore[arg-type]


def check_inputs(app: Flask, machine: str = "") -> None:
    """Hold every request of `app` to the rules above.

    What is sent to the route `machine` is for its connector to read: reading a form would empty
    the body.
    """
    app.url_map.converters["int"] = RowNumber

    @app.before_request
    def _check() -> None:
        address = [request.path, *_all(request.args)]
        if any(_holds_bsn(text) for text in address):
            raise BadInput(
                "In dit adres staat een BSN. Een adres blijft bewaard op plekken waar geen BSN "
                "mag staan. Zoek de inwoner met het zoekscherm.",
                "a BSN in an address was refused",
            )
        form = () if machine and request.endpoint == machine else _all(request.form)
        for text in (*address, *form):
            _require_text(text)


def check_residents(app: Flask) -> None:
    """Answer for what cannot be a resident as for one that is not there, once access is checked.

    An old number of somebody leads to the number by which that person is known now.
    """

    @app.before_request
    def _check() -> Response | None:
        told = (request.view_args or {}).get("resident_id")
        if told is None:
            return None
        if not RESIDENT.fullmatch(told):
            abort(404)
        return _led_on(told)


def _led_on(resident_id: str) -> Response | None:
    """Lead who comes for a resident that went into another to that one, on the same page."""
    with the_hub().reader.connect() as connection:
        into = merged_into(connection, the_hub(), resident_id)
    if into is None:
        return None
    if request.method != "GET":
        raise Outdated(
            "Deze inwoner is intussen samengevoegd met een andere. Er is niets gewijzigd. Zoek de "
            "inwoner opnieuw en kijk of uw stap nog nodig is.",
            "a form about a resident that went into another",
        )
    told = {**request.view_args, "resident_id": into}  # type: ignore[dict-item]
    asked = f"?{request.query_string.decode('ascii', 'ignore')}" if request.query_string else ""
    return redirect(url_for(str(request.endpoint), **told) + asked)


def _all(told: MultiDict[str, str]) -> Iterator[str]:
    for name, values in told.lists():
        yield name
        yield from values


def _holds_bsn(text: str) -> bool:
    return any(map(elfproef, _NINE.findall(text)))


def _require_text(text: str) -> None:
    if _CONTROL.search(text):
        raise BadInput(
            "Wat u stuurde bevat onzichtbare tekens die de hub niet kan bewaren. Er is niets "
            "gewijzigd. Typ de tekst opnieuw in plaats van te plakken.",
            "control characters in a request",
        )
    if len(text) > LONGEST:
        raise BadInput(
            f"Eén van de velden bevat {len(text)} tekens; er passen er {LONGEST} in. Er is niets "
            "gewijzigd. Maak de tekst korter.",
            "a field in a request is too long",
        )
