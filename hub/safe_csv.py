"""Cells of a CSV file that a spreadsheet takes for text, whatever stands in them."""

from __future__ import annotations

#: What a spreadsheet takes for the start of a formula; a tab or line end may hide one.
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(text: str) -> str:
    """Return `text` so that no spreadsheet runs it: an apostrophe goes before what could start it.

    Every cell of an export that a person or a register filled in must pass here (OWASP, CSV
    injection). Numbers are best written as numbers, not as text.
    """
    return f"'{text}" if text.lstrip(" ").startswith(_STARTS) else text
