"""The folder in which a case system puts its deliveries: the newest file is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hub.connector import PermanentError, read_json
from hub.ddas import KEPT, MOST_BYTES, inside, newest_file
from plugins.debt_help.pages import Page, read_file
from plugins.debt_help.rules import municipality_code
from schemas.fields import shown


def newest_page(folder: str) -> Page:
    """Return the newest delivery in a folder.

    Raises PermanentError when there is none, when it is not readable, and when the file before it
    is of another organisation: two that help the same residents (samenloop) would overwrite each
    other in turns, as whatever the newest delivery lacks is taken to be gone.
    """
    page = read_file(newest_file(folder))
    now, before = _organisations(page.model), _organisations(_file_before(folder))
    if now and before and now.isdisjoint(before):
        raise PermanentError(
            f"Het nieuwste bestand in de map is van {_named(now)}, het vorige van "
            f"{_named(before)}. De hub leest per bron alleen de nieuwste levering. {KEPT} Geef "
            "elke organisatie een eigen map en een eigen bron. Gaat het om dezelfde organisatie, "
            "haal dan de oudere bestanden uit de map.",
            "two organisations deliver in one folder",
        )
    return page


def _file_before(folder: str) -> Any:
    """Return the value of the newest file but one; None where there is none that can be read."""
    try:
        files = sorted((one.stat().st_mtime, one) for one in Path(folder).glob("*.json"))
        before = files[-2][1] if len(files) > 1 else None
        if before is None or before.stat().st_size > MOST_BYTES:
            return None
        told = read_json(before.read_bytes(), half_characters=True)
    except (OSError, PermanentError):
        return None
    return inside(told, "gegevens") or told


def _organisations(model: Any) -> set[tuple[str, str]]:
    """Return by what the organisations of a delivery are known, as pairs of field and value."""
    leveringen = inside(model, "leveringen")
    found = leveringen if isinstance(leveringen, list) else []
    told = [inside(one, "aanleverende_organisatie") for one in found]
    marks = {
        (field, str(inside(one, field)).strip())
        for one in told
        for field in ("(Statutaire) Naam", "KvK-nummer")
        if inside(one, field)
    }
    codes = {municipality_code(code) for one in told if (code := inside(one, "gemeentecode"))}
    return marks | {("gemeentecode", code) for code in codes}


def _named(organisations: set[tuple[str, str]]) -> str:
    """Return what an administrator knows an organisation by; the names sort before numbers."""
    return shown(min(organisations)[1])
