"""Pages for the rights of a resident: flags, the access report, destruction lists."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from book import BSNS, Book, read_all
from pypdf import PdfReader
from sqlalchemy import select

from hub.core import Hub
from hub.reconcile import reconcile
from hub.rights.destroy import carry_out_approved
from hub.rights.flags import flags_of
from hub.rights.lists import propose
from hub.store import audit_log, claim, flag, processing_log, resident


def id_of(hub: Hub, bsn: str = BSNS[0]) -> str:
    with hub.reader.connect() as connection:
        hashed = hub.keys.fingerprint(f"bsn:{bsn}")
        query = select(resident.c.id).where(resident.c.bsn_hash == hashed)
        return str(connection.execute(query).scalar_one())


@pytest.fixture
def officer(signed_in: Callable[[str], Any]) -> Any:
    return signed_in("privacy")


def actions(hub: Hub) -> list[str]:
    with hub.reader.connect() as connection:
        query = select(audit_log.c.action).order_by(audit_log.c.number)
        return list(connection.execute(query).scalars())


def test_the_officer_finds_a_resident_without_a_bsn_in_the_address(hub: Hub, officer: Any) -> None:
    page = officer.post("/privacy/inwoner", "/privacy/inwoner", bsn=BSNS[0])
    assert page.request.path == f"/inwoners/{id_of(hub)}/rechten"
    assert "De inwoner heeft niets laten vastleggen" in page.text
    assert officer.post("/privacy/inwoner", "/privacy/inwoner", bsn=BSNS[4]).status_code == 400
    assert actions(hub)[-3:] == ["search", "flags", "search"]


def test_a_flag_is_recorded_shown_and_ended(hub: Hub, caseworker: Any, officer: Any) -> None:
    path = f"/inwoners/{id_of(hub)}/rechten"
    said = {"kind": "correction", "about": "aanslag A1", "text": "Ik heb deze rekening betaald"}
    page = caseworker.post(path, path, **said)
    assert "Correctie gevraagd" in page.text
    assert "Ik heb deze rekening betaald" in page.text
    with hub.reader.connect() as connection:
        ((view,),) = flags_of(connection, hub, [id_of(hub)]).values()
        assert (view.is_open, view.about, view.article) == (True, "aanslag A1", "AVG artikel 16")
    page = officer.post(f"{path}/{view.id}/einde", path, outcome="De bron heeft het aangepast")
    assert "De bron heeft het aangepast" in page.text
    with hub.reader.connect() as connection:
        assert flags_of(connection, hub, [id_of(hub)]) == {}
        ((past,),) = flags_of(connection, hub, [id_of(hub)], ended=True).values()
        mine = select(processing_log.c.activity).where(processing_log.c.resident_id == id_of(hub))
        assert set(connection.execute(mine).scalars()) >= {"rights"}
    assert (past.recorded_by, past.ended_by) == ("hulpverlener", "privacy")
    assert {"flag_record", "flag_end"} <= set(actions(hub))
    again = officer.post(f"{path}/{view.id}/einde", path, outcome="Nog een keer besloten")
    assert "al beslist" in again.text


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"kind": "x", "text": "Dit klopt echt niet"}, "Kies wat de inwoner vraagt"),
        ({"kind": "correction", "text": "Nee"}, "ten minste 10"),
        ({"kind": "objection", "text": f"Mijn nummer is {BSNS[1]} hoor"}, "Zet geen BSN"),
        ({"kind": "objection", "text": "Mijn nummer is 9999.90.019 hoor"}, "Zet geen BSN"),
        ({"kind": "objection", "text": "Lang genoeg dus", "about": BSNS[2]}, "Zet geen BSN"),
    ],
)
def test_an_unclear_flag_is_refused(
    hub: Hub, caseworker: Any, form: dict[str, str], why: str
) -> None:
    path = f"/inwoners/{id_of(hub)}/rechten"
    page = caseworker.post(path, path, **form)
    assert why in page.text
    assert BSNS[1] not in page.text
    with hub.reader.connect() as connection:
        assert connection.execute(select(flag)).all() == []


def test_outside_the_caseload_a_flag_is_not_shown_and_that_is_logged(
    hub: Hub, caseworker: Any, officer: Any
) -> None:
    path = f"/inwoners/{id_of(hub, BSNS[1])}/rechten"
    officer.post(path, path, kind="objection", text="Ik wil dit niet meer zien")
    page = caseworker.get(path)
    assert page.status_code == 403
    assert "Ik wil dit niet" not in page.text
    with hub.reader.connect() as connection:
        last = select(audit_log.c.result).order_by(audit_log.c.number.desc())
        assert connection.execute(last).scalars().first() == "refused"


def test_the_officer_gets_the_report_as_a_pdf(hub: Hub, officer: Any) -> None:
    path = f"/inwoners/{id_of(hub)}/rechten"
    answer = officer.post(f"{path}/inzage", path)
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    assert BSNS[0] not in answer.headers["Content-Disposition"]
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages)
    assert BSNS[0] in text
    assert actions(hub)[-1] == "access_report"


def test_a_list_is_looked_at_approved_and_carried_out(hub: Hub, book: Book, officer: Any) -> None:
    assert "Er zijn nog geen lijsten" in officer.get("/privacy/vernietigen").text
    book.put("claims")
    read_all(hub)
    reconcile(hub)
    hub.clock.move(days=9 * 366)  # type: ignore[attr-defined]
    propose(hub)
    officer.sign_in("privacy")
    page = officer.get("/privacy/vernietigen").text
    assert "vordering die is afgehandeld" in page
    (number,) = re.findall(
        r'vernietigen/(\d+)">[^<]*</a></td><td>vordering die is afgehandeld', page
    )
    path = f"/privacy/vernietigen/{number}"
    page = officer.get(path).text
    assert "Deze termijn is nog niet bevestigd" in page
    item = re.findall(r"vernietigen/bewaren/(\d+)", page)[0]
    kept = officer.post(
        f"/privacy/vernietigen/bewaren/{item}", path, reason="Er loopt nog een rechtszaak"
    )
    assert "Bewaard. Het gaat niet mee" in kept.text
    page = officer.post(f"{path}/besluit", path, besluit="goedkeuren").text
    assert "De hub vernietigt deze lijst komende nacht" in page
    assert int(number) in carry_out_approved(hub)
    with hub.reader.connect() as connection:
        assert len(connection.execute(select(claim)).all()) >= 1
    page = officer.get(path).text
    assert "claim_statement" in page
    assert "bewaard" in page
    assert (
        officer.post(f"{path}/besluit", "/privacy/inwoner", besluit="goedkeuren").status_code == 400
    )


def test_a_list_can_be_refused(hub: Hub, book: Book, officer: Any) -> None:
    book.put("claims")
    read_all(hub)
    reconcile(hub)
    hub.clock.move(days=9 * 366)  # type: ignore[attr-defined]
    (number, *_) = propose(hub)
    officer.sign_in("privacy")
    path = f"/privacy/vernietigen/{number}"
    page = officer.post(f"{path}/besluit", path, besluit="weigeren", reason="Termijn klopt niet")
    assert "Er is niets vernietigd" in page.text
    assert carry_out_approved(hub) == []
