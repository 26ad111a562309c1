"""How an amount came about, on the page of a resident, now and as it was known."""

from __future__ import annotations

from datetime import date
from typing import Any

from book import Book, read_all
from chain import tax_claim
from test_pages import open_first

from hub.core import Hub
from hub.reconcile import reconcile

IMPOSED = ("opgelegd", date(2026, 2, 1), 100_00)
DUNNED = ("aanmaning", date(2026, 4, 1), 10_00)
CORRECTED = ("correctie", date(2026, 5, 1), -30_00)


def _tell(hub: Hub, book: Book, open_cents: int, *events: tuple[str, date, int]) -> None:
    book.put("claims", tax_claim("A1", open_cents, events=events))
    read_all(hub)
    reconcile(hub)


def test_the_steps_and_the_sentence_when_they_differ(hub: Hub, book: Book, signed_in: Any) -> None:
    _tell(hub, book, 85_00, IMPOSED, DUNNED, CORRECTED)
    text = open_first(signed_in("hulpverlener"))[1].text
    assert "Hoe is dit bedrag opgebouwd?" in text
    assert "De stappen komen uit op € 80,00; de schuldeiser noemt € 85,00." in text
    assert "Toen kwamen de stappen uit op" not in text


def test_what_was_known_then_stands_beside_what_is_known_now(
    hub: Hub, book: Book, signed_in: Any
) -> None:
    _tell(hub, book, 110_00, IMPOSED, DUNNED)
    hub.clock.move(days=10)  # type: ignore[attr-defined]
    _tell(hub, book, 80_00, IMPOSED, DUNNED, CORRECTED)
    caseworker = signed_in("hulpverlener")
    path, _ = open_first(caseworker)
    earlier = caseworker.get(f"{path}?op=2026-11-23").text
    assert "Toen kwamen de stappen uit op € 110,00." in earlier
    assert "stond er die dag open: <strong>€ 80,00</strong>" in earlier
