"""Numbers that a form or an address tells: which rows, which page."""

from __future__ import annotations

import re
from collections.abc import Mapping

from werkzeug.datastructures import MultiDict

from hub.front.inputs import LARGEST, MOST_PAGES, RESIDENT


def number(
    form: Mapping[str, str], name: str, default: int, *, least: int = 0, most: int = LARGEST
) -> int:
    """Return a whole number that a form or address told, `default` for anything else."""
    told = form.get(name, "").strip()
    if not re.fullmatch(r"[0-9]{1,10}", told) or not least <= int(told) <= most:
        return default
    return int(told)


def a_resident(form: Mapping[str, str], name: str) -> str:
    """Return the id of a resident that a form told, empty for what can be none."""
    told = form.get(name, "")
    return told if RESIDENT.fullmatch(told) else ""


def row_numbers(form: MultiDict[str, str], name: str, most: int) -> list[int]:
    """Return the rows that a form chose, at most `most`; what no row can be chooses nothing."""
    told = {one for one in form.getlist(name) if re.fullmatch(r"[0-9]{1,10}", one)}
    return sorted({int(one) for one in told if int(one) <= LARGEST})[:most]


def page_number(told: Mapping[str, str]) -> int:
    """Return which page of a list an address asks for, from 1."""
    return number(told, "pagina", 1, least=1, most=MOST_PAGES)
