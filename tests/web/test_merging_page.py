"""Two residents who are one: merged and parted on a page, and found by either number."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from book import BSNS, Book, read_all
from chain import case, tax_claim

from hub.core import Hub
from hub.reconcile import reconcile
from hub.rights.report import find

WHY = "De bron had een verkeerd BSN en heeft dat hersteld."


def who(hub: Hub, number: int) -> str:
    with hub.reader.connect() as connection:
        return str(find(connection, hub, BSNS[number]))


@pytest.fixture
def both(hub: Hub, book: Book, file: Book) -> tuple[str, str]:
    """Two clients of debt help: the one that stays, and the one that goes."""
    file.put("all", case(0, ("A1", 1200, -1)), case(1))
    read_all(hub, "file")
    reconcile(hub)
    return who(hub, 0), who(hub, 1)


def test_merge_lead_on_and_split(hub: Hub, both: tuple[str, str], caseworker: Any) -> None:
    stays, goes = both
    page = f"/inwoners/{stays}/samenvoegen"
    assert f'href="{page}"' in caseworker.get(f"/inwoners/{stays}").text
    found = caseworker.post(f"{page}/zoeken", page, bsn=BSNS[1])
    assert "Proef1" in found.text
    assert "Proef0" in found.text
    assert not any(bsn in found.text for bsn in BSNS)
    done = caseworker.post(page, page, ander=goes, reason=WHY)
    assert done.request.path == f"/inwoners/{stays}"
    assert "Alles van beide inwoners staat nu hier." in done.text
    assert "€ 5,00" not in done.text or "B1" in done.text
    led = caseworker.get(f"/inwoners/{goes}?op=2026-11-22")
    assert led.request.path == f"/inwoners/{stays}", "the old number leads on"
    assert led.request.args["op"] == "2026-11-22"
    assert caseworker.get(f"/inwoners/{goes}/rechten").request.path == f"/inwoners/{stays}/rechten"
    late = caseworker.post(f"/inwoners/{goes}/noodtoegang", page, reason=WHY)
    assert late.status_code == 409
    assert "samengevoegd met een andere" in late.text
    assert who(hub, 1) == stays, "the old BSN leads on"
    searched = caseworker.post("/inwoners/zoeken", "/", bsn=BSNS[1])
    assert f'href="/inwoners/{stays}"' in searched.text
    listed = caseworker.get(page).text
    assert WHY in listed
    action = re.search(r'action="(/inwoners/\w+/splitsen/\d+)"', listed)
    assert action is not None
    short = caseworker.post(action[1], page, reason="fout")
    assert short.status_code == 400
    parted = caseworker.post(action[1], page, reason=WHY)
    assert "Gesplitst. Elke inwoner heeft weer" in parted.text
    assert caseworker.get(f"/inwoners/{goes}").request.path == f"/inwoners/{goes}"
    assert caseworker.post(action[1], page, reason=WHY).status_code == 400, "once is enough"


def test_who_may_not_see_both_cannot_merge(
    hub: Hub, book: Book, signed_in: Callable[[str], Any], caseworker: Any
) -> None:
    book.put("claims", tax_claim("A1", 123456), tax_claim("B1", 5, who=1))
    read_all(hub)
    reconcile(hub)
    mine, other = who(hub, 0), who(hub, 1)
    page = f"/inwoners/{mine}/samenvoegen"
    found = caseworker.post(f"{page}/zoeken", page, bsn=BSNS[1])
    assert "buiten uw caseload" in found.text
    assert "Proef1" not in found.text
    assert caseworker.post(page, page, ander=other, reason=WHY).status_code == 403
    assert caseworker.get(f"/inwoners/{other}/samenvoegen").status_code == 403
    assert caseworker.post(page, page, ander="x", reason=WHY).status_code == 400
    assert caseworker.post(page, page, ander=mine, reason=WHY).status_code == 400
    assert who(hub, 1) == other
    wrong = caseworker.post(f"/inwoners/{mine}/splitsen/99", page, reason=WHY)
    assert "hoort niet bij deze inwoner" in wrong.text
