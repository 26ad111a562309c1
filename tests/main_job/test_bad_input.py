"""What is wrong is said on the run page and in the CLI, and nothing is lost by it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from hub.cli import main
from hub.core import Hub, open_hub
from hub.demo.run import Demo, demo_settings, fill, start_demo
from hub.security.accounts import make_demo_accounts
from hub.store import claim_statement, reject, standing
from hub.sync.sources import find_source, save_source
from hub.testing.certificates import Authority
from hub.web import create_web

PASSWORD = "een-lang-wachtwoord"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A filled store, copied for each case."""
    home = tmp_path_factory.mktemp("template")
    hub = open_hub(home, overrides=demo_settings())
    with start_demo(home, seed=1, size=60, hub=hub) as demo:
        list(fill(demo))
        make_demo_accounts(hub, PASSWORD)
    hub.engine.dispose()
    return home


@pytest.fixture
def demo(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Demo]:
    shutil.copytree(template, tmp_path / "hub", ignore=shutil.ignore_patterns("demo"))
    for name, value in demo_settings().items():
        monkeypatch.setenv(f"HUB_{name.upper()}", str(value))
    hub = open_hub(tmp_path / "hub")
    with start_demo(tmp_path / "hub", seed=1, size=60, hub=hub) as made:
        yield made
    hub.engine.dispose()


def statements(hub: Hub) -> int:
    query = select(func.count()).select_from(claim_statement).where(standing(claim_statement))
    with hub.reader.connect() as connection:
        return int(connection.execute(query).scalar_one())


def on_the_command_line(hub: Hub, source: str) -> str:
    runner = CliRunner(env={"COLUMNS": "300"})
    done = runner.invoke(main, ["--instance", str(hub.settings.instance), "sync", source])
    return done.output


def on_the_run_page(hub: Hub, source: str) -> str:
    client = create_web(hub).test_client()
    form = client.get("/inloggen").get_data(as_text=True)
    token = re.findall(r'name="csrf_token" value="([^"]+)"', form)[0]
    told = {"name": "beheerder", "password": PASSWORD, "csrf_token": token}
    client.post("/inloggen", data=told)
    page = client.get(f"/beheer/bronnen/{source}").get_data(as_text=True)
    # The newest runs stand first; a source with three streams has three of them.
    runs = re.findall(r"/beheer/runs/\d+", page)[:3]
    return "".join(client.get(run).get_data(as_text=True) for run in runs).replace("&#39;", "'")


def change(demo: Demo, old: str, new: str) -> None:
    """Change the first place in the tax office's delivery where `old` (a pattern) stands."""
    office: Any = demo.simulators["tax"]
    text = office.delivery.read_text()
    changed = re.sub(old, new, text, count=1)
    assert changed != text
    office.delivery.write_text(changed)


RECORDS: list[tuple[str, Callable[[Demo], None], str]] = [
    (
        "a letter in an amount",
        lambda demo: change(demo, r"<openstaand>\d+", "<openstaand>12a"),
        "claim_statement.open is '12a'; verwacht een bedrag in hele centen",
    ),
    (
        "an unknown stage",
        lambda demo: change(demo, r"<fase>\w+", "<fase>gegijzeld"),
        "claim_statement.stage is 'gegijzeld'; bekend zijn: aanmaning, aanslag,",
    ),
    (
        "a BSN that fails the elfproef",
        lambda demo: change(demo, r"<bsn>\d+", "<bsn>123456789"),
        "claim_statement.person.bsn voldoet niet aan de elfproef; controleer het BSN",
    ),
]


@pytest.mark.parametrize(("what", "spoil", "says"), RECORDS, ids=[one[0] for one in RECORDS])
def test_a_bad_record_costs_itself_only(
    demo: Demo, what: str, spoil: Callable[[Demo], None], says: str
) -> None:
    hub = demo.hub
    before = statements(hub)
    spoil(demo)
    told = on_the_command_line(hub, "belastingen")
    assert "deels gelukt" in told
    page = on_the_run_page(hub, "belastingen")
    assert says in page
    assert "123456789" not in told + page
    assert statements(hub) == before, "the last good word about that claim stays"
    with hub.reader.connect() as connection:
        kept = connection.execute(select(reject).where(reject.c.solved_at.is_(None))).one()
    assert "<vordering>" in hub.keys.open(kept.raw, "reject.raw")


def cut(demo: Demo) -> None:
    office: Any = demo.simulators["tax"]
    content = office.delivery.read_bytes()
    office.delivery.write_bytes(content[: len(content) // 2])


def wrong_password(demo: Demo) -> None:
    _change_source(demo.hub, "belastingen", password="fout")


def wrong_certificate(demo: Demo) -> None:
    other = Authority(demo.hub.settings.instance / "other").file
    _change_source(demo.hub, "schuldenknooppunt", ca_file=str(other))


def _change_source(hub: Hub, name: str, **config: str) -> None:
    one = find_source(hub, name)
    values = {"name": name, "title": one.title, "connector": one.connector.name}
    save_source(hub, {**values, "owner": one.owner, "config": {**one.config, **config}})


RUNS: list[tuple[str, str, Callable[[Demo], None], str]] = [
    ("broken XML", "belastingen", cut, "De levering is geen geldige XML: het gaat mis op regel"),
    (
        "a closed port",
        "vish",
        lambda demo: demo.simulators["vish"].stop(),
        "Controleer of het systeem draait en of adres en poort kloppen.",
    ),
    ("wrong credentials", "belastingen", wrong_password, "weigert de toegang (HTTP 401)"),
    (
        "a wrong certificate",
        "schuldenknooppunt",
        wrong_certificate,
        "Het certificaat van de andere kant is niet vertrouwd",
    ),
]


@pytest.mark.parametrize(("what", "source", "spoil", "says"), RUNS, ids=[one[0] for one in RUNS])
def test_a_bad_run_says_what_to_do_and_loses_nothing(
    demo: Demo, what: str, source: str, spoil: Callable[[Demo], None], says: str
) -> None:
    hub = demo.hub
    before = statements(hub)
    spoil(demo)
    told = on_the_command_line(hub, source)
    assert "mislukt" in told
    assert says in " ".join(told.split())
    assert says in on_the_run_page(hub, source)
    assert statements(hub) == before
