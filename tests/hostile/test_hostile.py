"""Whatever a source or a plugin does, a run ends in words and the store keeps the truth."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stage import (
    SLOW,
    assert_intact,
    change_everything,
    expected_amounts,
    read_badly,
    read_well,
    reasons,
    standing_amounts,
)

from hub.core import Hub
from hub.http import HubSession
from hub.store import FACTS
from hub.testing.hostile import (
    BSNS,
    CASES,
    Case,
    HostileServer,
    claims,
    json_page,
    plugin,
    xml_page,
)
from schemas import KINDS
from schemas.fields import Text

#: How long a case may take at the very most, in seconds.
WATCH = 60

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

#: Cases that a database could take in its own way, so they are tried on each.
ABOUT_STORAGE = (
    "nul_character",
    "number_too_large",
    "key_too_long",
    "fact_key_too_long",
    "message_is_no_text",
    "drop_mid_body",
    "same_key_thrice",
)


@pytest.fixture(autouse=True)
def _watch() -> Iterator[None]:
    """End the whole run when a case hangs: a test that never ends tells nobody anything."""
    timer = threading.Timer(WATCH, lambda: os._exit(70))
    timer.daemon = True
    if not os.environ.get("HUB_HOSTILE"):
        timer.start()
    yield
    timer.cancel()


@pytest.fixture
def hub(make_hub: Callable[..., Hub], monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A hub whose sessions read little, so that a test is quick."""
    monkeypatch.setattr(HubSession, "max_bytes", 32 << 20)
    return make_hub(plugin())


def meet(hub: Hub, server: HostileServer, case: Case) -> None:
    """Read well, then badly, then well again, and look at everything in between."""
    assert read_well(hub, server).status == "succeeded"
    before = standing_amounts(hub)
    outcome = read_badly(hub, server, case)
    said = f"{outcome.message or ''} {reasons(hub, outcome)}"
    assert (outcome.status, case.says in said) == (case.status, True), said
    assert type(outcome.error) is (case.error or type(None))
    for text in (said, outcome.log or ""):
        assert not [one for one in (*BSNS, "secret", "xxxxxx", "root:") if one in text]
    assert case.status != "failed" or re.fullmatch(r"[A-Zl].* .*\.", outcome.message or "")
    assert standing_amounts(hub).keys() >= before.keys()
    assert_intact(hub)
    change_everything(server)
    assert read_well(hub, server).status == "succeeded"
    assert standing_amounts(hub) == expected_amounts(server)
    assert_intact(hub)


@ON_SQLITE
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_case_ends_in_words_and_costs_nothing(
    hub: Hub,
    case: Case,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if case.name in SLOW:
        monkeypatch.setattr(HubSession, "max_seconds", 0.5)
    folder = tmp_path / "tls" if case.name.startswith("certificate") else None
    with HostileServer(folder=folder) as server:
        meet(hub, server, case)
    assert not [one for one in BSNS if one in caplog.text]


@pytest.mark.parametrize("name", ABOUT_STORAGE)
def test_no_database_chokes_on_it(hub: Hub, name: str) -> None:
    with HostileServer() as server:
        meet(hub, server, CASES[name])


# --- memory ------------------------------------------------------------------------------------

#: Cases that try to fill the memory.
LARGE = (
    "body_of_2_gb",
    "body_without_end",
    "gzip_bomb",
    "header_of_10_mb",
    "field_of_10_mb",
    "deep_json",
    "deep_xml",
    "entity_bomb",
    "number_of_5000_digits",
    "redirect",
)


@pytest.mark.parametrize("name", LARGE)
def test_it_does_not_fill_the_memory(name: str, sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "hub.db")
    here = Path(__file__)
    done = subprocess.run(
        [sys.executable, str(here.with_name("measure.py")), name, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(here.parents[2])},
        capture_output=True,
        text=True,
        timeout=WATCH,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    status, megabytes = done.stdout.split()
    assert status == CASES[name].status
    assert int(megabytes) < 200


# --- what nobody thought of --------------------------------------------------------------------

#: How many changed pages are tried; HUB_HOSTILE=5000 for the long form.
EXAMPLES = int(os.environ.get("HUB_HOSTILE", "60"))

_JSON_PAGES = [json.dumps(json_page(claims(2), 1)).encode(), json.dumps(json_page([], 1)).encode()]
_XML_PAGES = [xml_page(claims(2), 1).encode(), xml_page([], 1).encode()]


#: Values that no field expects, and some that it does.
_ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from([[], {}, "K-1", "K-2", BSNS[1], "9" * 300, 10**12, -1]),
)


def odd(data: st.DataObject) -> bytes:
    """Return a JSON page whose claims are shuffled, or absent, and hold odd values."""
    held = data.draw(st.permutations(claims(3)), "claims")[: data.draw(st.integers(0, 3), "many")]
    fields = st.sampled_from(["bsn", "open", "text", "as_of", "key"])
    some = [one | data.draw(st.dictionaries(fields, _ODD, max_size=2), "odd") for one in held]
    page = {"count": len(some), "page": 1, "pages": 1, "claims": some}
    if data.draw(st.integers(0, 4), "spoil") == 4:
        page |= {data.draw(st.sampled_from([*page]), "name"): data.draw(_ODD, "value")}
    return json.dumps(page).encode()


def changed(data: st.DataObject, page: bytes, others: list[bytes]) -> bytes:
    """Return a page with up to three changes: bytes flipped, cut, copied, or spliced in."""
    for _ in range(data.draw(st.integers(0, 3), "changes")):
        start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(page))] * 2), "where"))
        piece = data.draw(
            st.one_of(
                st.binary(max_size=4),
                st.sampled_from([b"0", b"7", b"a", b" ", b"-"]),
                st.just(b""),
                st.just(page[start:end] * 2),
                st.sampled_from(others),
                st.sampled_from([b"NaN", b"null", b"\\ud800", b"&#0;", b"-1", b"<!DOCTYPE a>"]),
            ),
            "piece",
        )
        end = data.draw(st.sampled_from([start, end, min(start + 1, len(page))]), "until")
        page = page[:start] + piece + page[end:]
    return page


@ON_SQLITE
@pytest.mark.parametrize("form", ["json", "xml"])
def test_any_page_whatever_ends_in_words(
    hub: Hub, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = _JSON_PAGES if form == "json" else _XML_PAGES
    case = Case("good", "succeeded", None, form=form)  # type: ignore[arg-type]
    ends: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize="HUB_HOSTILE" not in os.environ,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        server.body = (
            odd(data)
            if form == "json" and data.draw(st.booleans(), "well-formed")
            else changed(data, data.draw(st.sampled_from(pages), "page"), pages)
        )
        outcome = read_badly(hub, server, case)
        ends[outcome.status] += 1
        assert outcome.status in ("succeeded", "partly", "failed", "held")
        assert "onverwachte fout" not in (outcome.message or "")
        assert not [one for one in BSNS if one in f"{outcome.message} {outcome.log}"]

    with HostileServer() as server:
        holds()
        assert_intact(hub)
        change_everything(server)
        assert read_well(hub, server).status == "succeeded"
        assert standing_amounts(hub) == expected_amounts(server)
    with capsys.disabled():
        print(f"\n{sum(ends.values())} changed {form} pages: {dict(ends)}")


# --- the rooms behind it -----------------------------------------------------------------------


def _texts() -> Iterator[tuple[str, int, int]]:
    """Yield each text of a record that has a column: its name, and how much each of them holds."""
    for kind, schema in KINDS.items():
        table = FACTS.get(kind)
        for name, field in schema.fields.items():
            column = None if table is None else table.columns.get(name)
            if isinstance(field, Text) and column is not None:
                yield f"{kind}.{name}", field.most, column.type.length  # type: ignore[attr-defined]


def test_a_text_that_passes_its_schema_fits_its_column() -> None:
    assert [one for one in _texts() if one[1] > one[2]] == []
