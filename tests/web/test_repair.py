"""What an administrator repairs, and a caseworker stops, from the pages."""

from __future__ import annotations

import re
from typing import Any

from book import BSNS, Book, facts_record, person, read_all, resident_of, statement
from sqlalchemy import select

from hub.connector import Receipt
from hub.core import Hub
from hub.errors import ConfigError, TransientError
from hub.store import command, resident, run
from hub.sync.inbound import plan_run
from hub.sync.orders import put_hold


def newest_run(hub: Hub, status: str) -> int:
    with hub.reader.connect() as connection:
        query = select(run.c.id).where(run.c.status == status).order_by(run.c.id.desc())
        return int(connection.execute(query).scalars().first() or 0)


def many(count: int) -> list[Any]:
    return [statement(f"C{n:02}", n * 100) for n in range(count)]


def hold_something(hub: Hub, book: Book) -> int:
    book.put("claims", *many(40))
    read_all(hub)
    book.put("claims", *many(10))
    read_all(hub)
    return newest_run(hub, "held")


def test_a_held_delivery_shows_its_difference_and_is_released(
    hub: Hub, book: Book, administrator: Any
) -> None:
    run_id = hold_something(hub, book)
    page = f"/beheer/runs/{run_id}"
    text = administrator.get(page).text
    assert "Wat er in deze levering ontbreekt" in text
    assert "<dd>30</dd>" in text
    assert "€ 735,00" in text, "the sum of the claims that would go"
    assert "C39" in text
    done = administrator.post(f"{page}/besluit", page=page, besluit="vrijgeven").text
    assert "Vrijgegeven: 30 records zijn verwijderd." in done
    assert "Besluit van beheerder" in done
    again = administrator.post(f"{page}/besluit", page="/beheer", besluit="vrijgeven").text
    assert "wacht niet meer op een besluit" in again


def test_a_held_delivery_is_refused(hub: Hub, book: Book, administrator: Any) -> None:
    run_id = hold_something(hub, book)
    page = f"/beheer/runs/{run_id}"
    done = administrator.post(f"{page}/besluit", page=page, besluit="weigeren").text
    assert "er is niets verwijderd" in done
    assert newest_run(hub, "refused") == run_id


def test_rejects_are_previewed_and_replayed(hub: Hub, book: Book, administrator: Any) -> None:
    bad = facts_record("X1", ("claim_statement", "X1", {"person": person(), "open": "veel"}))
    book.put("claims", statement("A1", 100), bad)
    read_all(hub)
    page = administrator.get("/beheer/bronnen/book").text
    (chosen,) = re.findall(r'name="id" value="(\d+)"', page)
    nothing = administrator.post("/beheer/bronnen/book/afgekeurd", page="/beheer/bronnen/book").text
    assert "Kies ten minste één afgekeurd record" in nothing
    shown = administrator.post(
        "/beheer/bronnen/book/afgekeurd", page="/beheer/bronnen/book", id=chosen
    ).text
    assert "Er is nog niets gewijzigd" in shown
    assert "blijft afgekeurd" in shown
    done = administrator.post(
        "/beheer/bronnen/book/opnieuw", page="/beheer/bronnen/book", alles="1"
    ).text
    assert "0 verwerkt, 1 nog steeds afgekeurd." in done


def test_a_source_says_that_it_waits_and_why(hub: Hub, book: Book, administrator: Any) -> None:
    book.fail_after, book.failure = 0, TransientError("Het is druk.", retry_after=3900)
    done = administrator.post("/beheer/bronnen/book/synchroniseren", page="/beheer").text
    assert "Het is druk." in done, "not: 0 gelezen"
    assert "0 gelezen" not in done
    assert "Wacht tot 11:05, gevraagd door de bron." in administrator.get("/beheer").text


def test_a_test_that_succeeds_ends_a_block(hub: Hub, book: Book, administrator: Any) -> None:
    book.fail_after, book.failure = 0, ConfigError("Geen toegang.", access_denied=True)
    administrator.post("/beheer/bronnen/book/synchroniseren", page="/beheer")
    assert "Gestopt: de bron weigert de toegang." in administrator.get("/beheer").text
    administrator.post("/beheer/bronnen/book/test", page="/beheer")
    assert "Gestopt: de bron weigert" not in administrator.get("/beheer").text


def ordered(hub: Hub) -> tuple[str, str]:
    with hub.engine.begin() as connection:
        about = str(resident_of(connection, hub, BSNS[0]))
        until = hub.clock.today().replace(year=2027)
        (id_,) = put_hold(connection, hub, about, until=until, ground="g", by="hulpverlener")
    return about, id_


def state_of(hub: Hub, id_: str) -> str:
    with hub.reader.connect() as connection:
        return str(
            connection.execute(select(command.c.state).where(command.c.id == id_)).scalar_one()
        )


def test_a_caseworker_stops_and_resumes_a_command(hub: Hub, book: Book, caseworker: Any) -> None:
    about, id_ = ordered(hub)
    path = f"/inwoners/{about}"
    assert "Zet stil" in caseworker.get(path).text
    text = caseworker.post(f"{path}/opdrachten/{id_}", page=path, doe="pause").text
    assert "staat stil op verzoek" in text
    assert book.commands == []
    caseworker.post(f"{path}/opdrachten/{id_}", page=path, doe="resume")
    assert state_of(hub, id_) == "delivered"


def test_a_refusal_is_dealt_with_on_the_page(hub: Hub, book: Book, caseworker: Any) -> None:
    book.answer = lambda command, key: Receipt("refused", message="Vordering is overgedragen.")
    about, id_ = ordered(hub)
    path = f"/inwoners/{about}"
    other = caseworker.post(f"{path}/opdrachten/{id_}", page=path, doe="pause")
    assert "staat stil" in other.text
    text = caseworker.post(f"{path}/opdrachten/{id_}", page=path, doe="resume").text
    assert "weigerde een opdracht. De reden: Vordering is overgedragen." in text
    text = caseworker.post(f"{path}/opdrachten/{id_}", page=path, doe="note").text
    assert "weigerde een opdracht" not in text


def test_nobody_touches_the_command_of_another_resident(hub: Hub, caseworker: Any) -> None:
    about, id_ = ordered(hub)
    with hub.reader.connect() as connection:
        query = select(resident.c.id).where(resident.c.id != about)
        other = str(connection.execute(query).scalars().first())
    path = f"/inwoners/{other}"
    form = {"kind": "application", "number": "SHV-1", "starts_on": "2026-11-23"}
    assert caseworker.post(f"{path}/dossier", page=f"{path}/toegang", **form).status_code == 200
    answer = caseworker.post(f"{path}/opdrachten/{id_}", page=path, doe="cancel")
    assert answer.status_code == 404
    assert state_of(hub, id_) == "ready"


def test_a_run_that_waits_is_stopped_from_its_page(hub: Hub, administrator: Any) -> None:
    with hub.reader.connect() as connection:
        source_id = connection.execute(select(run.c.source_id)).scalars().first()
    plan_run(hub, source_id, "claims", hub.clock.now())
    page = f"/beheer/runs/{newest_run(hub, 'planned')}"
    assert "Stop deze synchronisatie" in administrator.get(page).text
    administrator.post(f"{page}/stoppen", page=page)
    assert "gestopt op verzoek" in administrator.get(page).text
    late = administrator.post(f"{page}/stoppen", page="/beheer").text
    assert "Deze synchronisatie is al klaar." in late


def test_a_page_does_not_look_again_for_ever(hub: Hub, caseworker: Any) -> None:
    about, _ = ordered(hub)
    path = f"/inwoners/{about}"
    assert 'http-equiv="refresh"' in caseworker.get(path).text
    hub.clock.move(minutes=2)  # type: ignore[attr-defined]
    assert 'http-equiv="refresh"' not in caseworker.get(path).text, "each look is logged"
