"""The page on which an administrator sees, tries and sets the rules."""

from __future__ import annotations

from typing import Any

from book import Book, read_all
from chain import tax_claim

from hub.core import Hub
from hub.reconcile import reconcile

PAGE = "/beheer/regels"
RULE = f"{PAGE}/kosten_hoog"


def test_try_first_then_keep(hub: Hub, book: Book, signed_in: Any) -> None:
    book.put("claims", tax_claim("A1", 120_00, principal=100_00, costs=20_00))
    read_all(hub)
    reconcile(hub)
    administrator = signed_in("beheerder")
    assert "Kosten als deel van de hoofdsom" in administrator.get(PAGE).text
    tried = administrator.post(RULE, PAGE, aan="ja", procent="11", stap="proef")
    assert "Gevolg vandaag:</strong> bevindingen erbij: 1, eraf: 0, daarna open: 1" in tried.text
    assert 'value="11"' in tried.text
    assert 'value="11"' not in administrator.get(PAGE).text, "nothing was kept"
    kept = administrator.post(RULE, PAGE, aan="ja", procent="11", stap="opslaan")
    assert "opgeslagen. Bevindingen erbij: 1, eraf: 0." in kept.text
    assert 'value="11"' in kept.text


def test_a_wrong_number_is_answered_with_what_can_be(hub: Hub, signed_in: Any) -> None:
    administrator = signed_in("beheerder")
    wrong = administrator.post(RULE, PAGE, aan="ja", procent="-1", stap="opslaan")
    assert wrong.status_code == 400
    assert "verwacht een heel getal van 1 tot en met 1000" in wrong.text
    assert administrator.post(f"{PAGE}/bestaat_niet", PAGE).status_code == 404
