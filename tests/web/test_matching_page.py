"""How the hub recognises people, as an administrator sees and sets it; and the command."""

from __future__ import annotations

import re
from typing import Any

import pytest
from chain import Chain
from click.testing import CliRunner
from sqlalchemy import select
from strangers import JAN, PEOPLE, asked, known, told_of, unknown
from visitors import Person

from hub.cli import main
from hub.reconcile import reconcile
from hub.reconcile.matching.model import load_model
from hub.security.accounts import make_demo_accounts
from hub.store import audit_log
from hub.web import create_web

PAGE = "/beheer/herkennen"


@pytest.fixture
def chain(make_hub: Any) -> Chain:
    """One who is certain, one whom nothing fits, and one who may be either of two."""
    made = Chain(lambda *told, **more: make_hub(*told, secure_cookies=False, **more))
    made.tell("tax", known(0), known(1), known(2, birth_date=JAN["birth_date"]), known(3))
    twin = {name: value for name, value in JAN.items() if name not in ("initials", "gender")}
    made.tell(
        "file",
        unknown("V1", JAN),
        unknown("V2", {"surname": "Nergensman", "birth_date": "1970-01-01"}),
        unknown("V3", twin),
    )
    reconcile(made.hub)
    make_demo_accounts(made.hub, "een-lang-wachtwoord")
    return made


@pytest.fixture
def administrator(chain: Chain) -> Person:
    person = Person(create_web(chain.hub, nudge=lambda: None).test_client())
    person.sign_in("beheerder")
    return person


def numbers(page: str, column: int = 0) -> dict[str, int]:
    """What a column of the table of effects tells, by the beginning of the row."""
    table = page.split("Wat de grenzen vandaag doen")[1].split("</table>")[0]
    rows = re.findall(r'<th scope="row">([^<]+)</th>(.*?)</tr>', table, re.DOTALL)
    found = {}
    for title, cells in rows:
        values = re.findall(r">(-?\d+)<", cells)
        found[title] = int(values[column])
    return found


def test_try_first_then_keep(chain: Chain, administrator: Person) -> None:
    first = numbers(administrator.get(PAGE).text)
    assert sum(first.values()) == 3, "everybody without BSN is counted once"
    choice = {"ondergrens": "60", "bovengrens": "99,99"}
    tried = administrator.post(PAGE, PAGE, **choice, stap="proef")
    assert "Er is nog niets opgeslagen." in tried.text
    assert 'value="99,99"' in tried.text
    foreseen = numbers(tried.text, column=1)
    assert foreseen != first
    assert numbers(administrator.get(PAGE).text) == first, "nothing was kept"
    kept = administrator.post(PAGE, PAGE, **choice, stap="opslaan")
    assert "deelde alle meldingen zonder BSN opnieuw in" in kept.text
    assert numbers(kept.text) == foreseen, "what was foreseen came to pass"
    assert (
        len({subject_id for subject_id, _ in asked(chain.hub)})
        == (foreseen["Vraag op de werklijst: Wie is dit?"])
    )
    assert not chain.findings("wie_is_dit_schuldhulp")
    back = administrator.post(PAGE, PAGE, ondergrens="20", bovengrens="99", stap="opslaan")
    assert numbers(back.text) == first
    assert chain.findings("wie_is_dit_schuldhulp")


def test_a_wrong_limit_is_answered_with_what_can_be(chain: Chain, administrator: Person) -> None:
    wrong = administrator.post(PAGE, PAGE, ondergrens="veel", bovengrens="100", stap="opslaan")
    assert wrong.status_code == 400
    assert "verwacht 1 tot en met 99,99 procent" in wrong.text
    assert "Er is niets gewijzigd." in wrong.text


def test_it_learns_and_says_when_from_how_many(chain: Chain, administrator: Person) -> None:
    assert "leerde nog niet van de eigen inwoners" in administrator.get(PAGE).text
    done = administrator.post(f"{PAGE}/leren", PAGE)
    assert "De hub leerde opnieuw herkennen: versie 1." in done.text
    cells = re.search(r"<td>1 <span.*?</tr>", done.text, re.DOTALL)
    assert cells is not None
    assert f'<td class="num">{len(PEOPLE)}</td>' in cells[0]
    assert "<td>beheerder</td>" in cells[0]
    with chain.hub.reader.connect() as connection:
        learnt = load_model(connection, chain.hub)
        assert (learnt.version, "droomberg" in learnt.frequencies) == (1, True)
        action = select(audit_log.c.action).where(audit_log.c.actor == "beheerder")
        assert "match_train" in connection.execute(action).scalars().all()


def test_the_command_compares_and_trains(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("database_url", "municipality"):
        monkeypatch.setenv(f"HUB_{key.upper()}", str(chain.hub.settings.values[key]))
    arguments = ["--instance", str(chain.hub.settings.instance), "identify", "--train"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    assert "De hub leerde opnieuw: versie 1." in done.output
    assert re.search(r"gekoppeld\s+│ 1", done.output), done.output
    assert told_of(chain, "V1")[1] == "likeness"
