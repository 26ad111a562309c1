"""Wrong tables of participants, each with the sentence that the administrator reads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hub.clock import FrozenClock
from hub.connector import Context, HubError
from plugins.clo.connector import CovenantConfig, CovenantConnector

BAD = Path(__file__).parent / "bad" / "clo"

KEPT = "Er is niets afgesloten of verwijderd."

#: The whole table is refused.
TABLES = {
    "broken-off.json": (
        f"Het antwoord is geen leesbare JSON, of is afgebroken. {KEPT} Herstel de tabel."
    ),
    "columns-missing.csv": (
        "De tabel mist deze kolommen: kvk, datumOndertekening, geldigVan, geldigTot, "
        "vooraf_akkoord, pauze_dagen, termijn_pauze_werkdagen, termijn_saldo_werkdagen, skp_id, "
        f"gecontroleerdOp. {KEPT} Controleer de kopregel en het scheidingsteken (nu ';')."
    ),
    "count.json": (
        f"De tabel kondigt 2 deelnemers aan en telt er 1. {KEPT} Zet de hele tabel opnieuw klaar."
    ),
    "encoding.csv": (
        "De tabel is niet opgeslagen als UTF-8: regel 2 bevat een onleesbaar teken. "
        f"{KEPT} Sla de tabel op als UTF-8 en zet haar opnieuw klaar."
    ),
    "list.json": (
        f'De tabel heeft niet de vorm {{"aantal": 4, "deelnemers": [...]}}. {KEPT} '
        "Herstel de tabel."
    ),
    "quote.csv": (
        "Regel 2 van de tabel is niet te lezen: een aanhalingsteken sluit niet, of de tabel is "
        f"afgebroken. {KEPT} Herstel de tabel."
    ),
}

#: One row is refused, and the others are read.
ROWS = {
    "row-everything.csv": (
        "deelnemer.soort is 'stad'; bekend zijn: belastingsamenwerking, gemeente, kredietbank, "
        "waterschap; deelnemer.code ontbreekt; deelnemer.kvk heeft niet precies acht cijfers; "
        "deelnemer.datumOndertekening is '31-02-2026'; verwacht een datum als 23-11-2026 of "
        "2026-11-23; deelnemer.vooraf_akkoord is 'misschien'; verwacht ja of nee; "
        "deelnemer.pauze_dagen is 'drie'; verwacht een aantal dagen, zoals 15; "
        "deelnemer.skp_id is geen UUID; deelnemer.geldigTot ligt voor geldigVan"
    ),
    "row-overlaps.csv": "deelnemer overlapt in tijd met een andere rij van de code 'VB'",
    "row-text.json": "deelnemer is geen record (een groep velden)",
    "row-twice.csv": "deelnemer heeft een code die al eerder voorkomt: 'VB'",
}


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a line per request."""

    def log_message(self, format: str, *args: object) -> None:
        """Tell nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    """Serve the wrong tables as a municipality's own server would; yield its address."""
    handler = partial(Quiet, directory=str(BAD))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()
        thread.join()


def connect(server: str, name: str, clock: FrozenClock) -> CovenantConnector:
    config = {"url": f"{server}/{name}", "format": name.rpartition(".")[2]}
    return CovenantConnector(CovenantConfig().load(config), Context(clock=clock))


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_wrong_table_is_refused_whole(server: str, clock: FrozenClock, name: str) -> None:
    with pytest.raises(HubError) as caught:
        list(connect(server, name, clock).read("participants", None))
    assert caught.value.user == TABLES[name]


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_wrong_row_is_refused_alone(server: str, clock: FrozenClock, name: str) -> None:
    connector = connect(server, name, clock)
    told, whole = [], False
    for batch in connector.read("participants", None):
        whole = batch.complete
        for record in batch.records:
            try:
                list(connector.parse("participants", record.raw))
            except HubError as error:
                told.append(error.user)
    assert (told, whole) == ([ROWS[name]], True)


def test_every_wrong_table_is_told() -> None:
    assert {one.name for one in BAD.iterdir()} == {*TABLES, *ROWS}
