"""Local accounts: the demo's, and those for an emergency; and what stops who guesses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from visitors import PASSWORD, Person

from hub.cli import main
from hub.core import Hub
from hub.errors import ConfigError
from hub.security import accounts
from hub.security.accounts import end_emergency_account, make_emergency_account
from hub.store import account, audit_log, incident
from hub.web import create_web


def audited(hub: Hub) -> list[Any]:
    with hub.reader.connect() as connection:
        return list(
            connection.execute(
                select(audit_log).where(~audit_log.c.machine).order_by(audit_log.c.id)
            )
        )


def emergency(hub: Hub, name: str = "wacht", hours: int = 8) -> str:
    return make_emergency_account(hub, name, "debt_counsellor", hours, "cli:root")


@pytest.fixture
def real(make_hub: Any) -> Hub:
    """A hub that is no demo."""
    made: Hub = make_hub(demo=False, secure_cookies=False)
    return made


@pytest.fixture
def person(real: Hub) -> Person:
    """Somebody at a browser of that hub."""
    return Person(create_web(real).test_client())


def test_guessing_is_counted_over_all_processes(hub: Hub, visitor: Any) -> None:
    others = [Person(create_web(hub).test_client()) for _ in range(5)]
    assert [one.sign_in("hulpverlener", "fout").status_code for one in others] == [401] * 5
    assert visitor.sign_in("hulpverlener").status_code == 429
    assert visitor.sign_in("invorderaar").status_code == 200, "another name is not stopped"
    hub.clock.move(minutes=4)  # type: ignore[attr-defined]
    late = Person(create_web(hub).test_client())
    assert late.sign_in("hulpverlener").status_code == 429
    hub.clock.move(minutes=1)  # type: ignore[attr-defined]
    assert late.sign_in("hulpverlener").status_code == 200, "who waits is not sent away for ever"


def test_guessing_names_is_counted_by_where_it_comes_from(hub: Hub, visitor: Any) -> None:
    found = [visitor.sign_in(f"naam{number}", "fout").status_code for number in range(31)]
    assert found == [401] * 30 + [429]
    assert visitor.sign_in("hulpverlener").status_code == 429
    with pytest.raises(accounts.SignInRefused) as refused:
        accounts.sign_in(hub, "hulpverlener", "fout", "10.0.0.9")
    assert not refused.value.wait


def test_what_was_typed_as_a_name_stays_out_of_the_log(hub: Hub, visitor: Any) -> None:
    visitor.sign_in("999990019", "fout")
    visitor.sign_in("hulpverlener", "een-geheim")
    first, second = audited(hub)
    assert (first.actor, first.result, first.reason) == ("stranger", "refused", "no such account")
    assert (second.actor, second.origin) == ("stranger", "127.0.0.1")
    assert second.reason == "wrong password of hulpverlener"
    assert not re.search("999990019|een-geheim", str([tuple(row) for row in audited(hub)]))


def test_accounts_of_the_demo_are_worth_nothing_elsewhere(make_hub: Any, visitor: Any) -> None:
    assert visitor.sign_in("hulpverlener").status_code == 200
    token = visitor.client.get_cookie("hub-session").value
    other = Person(create_web(make_hub(demo=False, secure_cookies=False)).test_client())
    other.client.set_cookie("hub-session", token)
    assert other.client.get("/").status_code == 302
    with pytest.raises(accounts.SignInRefused):
        accounts.sign_in(make_hub(demo=False), "hulpverlener", PASSWORD, "")


def test_without_any_account_there_is_no_password_to_type(real: Hub, person: Any) -> None:
    page = person.get("/inloggen").text
    assert 'type="password"' not in page
    assert "Inloggen is nog niet ingesteld." in page
    emergency(real)
    assert 'type="password"' in person.get("/inloggen").text
    real.clock.move(hours=8)  # type: ignore[attr-defined]
    assert 'type="password"' not in person.get("/inloggen").text


def test_an_emergency_account_ends_by_itself_and_with_it_who_works(real: Hub, person: Any) -> None:
    password = emergency(real, hours=1)
    assert "Noodaccount wacht (schuldhulpverlener)" in person.sign_in("wacht", password).text
    for _ in range(2):
        real.clock.move(minutes=29)  # type: ignore[attr-defined]
        assert person.client.get("/").status_code == 200
    real.clock.move(minutes=2)  # type: ignore[attr-defined]
    assert person.client.get("/").status_code == 302
    with pytest.raises(accounts.SignInRefused):
        accounts.sign_in(real, "wacht", password, "")


def test_an_emergency_account_that_is_ended_is_out_at_the_next_click(
    real: Hub, person: Any
) -> None:
    person.sign_in("wacht", emergency(real))
    end_emergency_account(real, "wacht", "cli:root")
    assert person.client.get("/").status_code == 302
    with pytest.raises(ConfigError, match="Er is geen noodaccount 'wacht'"):
        end_emergency_account(real, "wacht", "cli:root")


def test_an_emergency_account_made_again_has_another_password(real: Hub) -> None:
    first = emergency(real)
    second = emergency(real)
    with pytest.raises(accounts.SignInRefused):
        accounts.sign_in(real, "wacht", first, "")
    assert accounts.sign_in(real, "wacht", second, "").method == "emergency"
    with real.reader.connect() as connection:
        (row,) = connection.execute(select(account))
    assert second not in str(tuple(row))


def test_its_use_is_logged_and_the_privacy_officer_notes_to_have_looked(
    hub: Hub, app: Any, visitor: Any
) -> None:
    visitor.sign_in("wacht", emergency(hub))
    made, used = audited(hub)
    assert (made.action, made.actor) == ("emergency_account_make", "cli:root")
    assert made.reason == "role debt_counsellor until 2026-11-23 17:00 UTC"
    assert (used.action, used.actor, used.object) == ("sign_in", "wacht", "method emergency")
    officer = Person(app.test_client())
    officer.sign_in("privacy")
    told = "Iemand logde in met het noodaccount wacht, vanaf 127.0.0.1."
    page = officer.get("/privacy").text
    assert told in page
    (path,) = re.findall(r"/privacy/meldingen/\d+", page)
    assert told not in officer.post(path, page="/privacy").text
    with hub.reader.connect() as connection:
        row = connection.execute(select(incident)).one()
    assert (row.kind, row.solved_by) == ("emergency_account", "privacy")


@pytest.mark.parametrize(
    ("name", "role", "hours", "says"),
    [
        ("Wacht", "collector", 8, "Kies een naam van 2 tot 60 kleine letters"),
        ("x" * 61, "collector", 8, "Kies een naam van 2 tot 60 kleine letters"),
        ("wacht", "boss", 8, "De rol 'boss' bestaat niet."),
        ("wacht", "collector", 0, "Een noodaccount leeft 1 tot 24 uur."),
        ("wacht", "collector", 25, "Een noodaccount leeft 1 tot 24 uur."),
        ("hulpverlener", "collector", 8, "Er is al een account met de naam 'hulpverlener'."),
    ],
)
def test_an_emergency_account_that_cannot_be_is_not_made(
    hub: Hub, name: str, role: str, hours: int, says: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        make_emergency_account(hub, name, role, hours, "cli:root")
    assert says in caught.value.user
    assert audited(hub) == []


def test_the_command_line_makes_lists_and_ends(tmp_path: Path) -> None:
    def hub(*arguments: str) -> Any:
        runner = CliRunner(env={"COLUMNS": "160"})
        return runner.invoke(main, ["--instance", str(tmp_path), "accounts", *arguments])

    done = hub("emergency", "wacht", "--role", "administrator", "--hours", "2")
    assert done.exit_code == 0, done.output
    (password,) = re.findall(r"Wachtwoord: ([\w-]{20})\n", done.output)
    assert "Noodaccount wacht (functioneel beheerder) werkt 2 uur." in done.output
    listed = hub("list").output
    assert "wacht" in listed
    assert password not in listed
    assert hub("end", "wacht").exit_code == 0
    assert "wacht" not in hub("list").output
    assert hub("end", "wacht").exit_code == 1


def test_a_password_costs_work_to_guess() -> None:
    """What nobody's password is compared with, made as accounts are outside the tests."""
    name, work, *_ = accounts._DUMMY.split("$")[0].split(":")
    assert (name, int(work) >= 2**15) == ("scrypt", True)
