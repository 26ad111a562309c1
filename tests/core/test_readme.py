"""The connector in the README is a real one: it is dropped into a folder and reads a server."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

from book import BSNS
from sqlalchemy import select
from werkzeug.serving import make_server

from hub.core import open_hub
from hub.store import claim_statement
from hub.sync.inbound import sync_source
from hub.sync.sources import save_source

README = Path(__file__).parents[2] / "README.md"


def test_the_example_reads_its_first_record(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.S)
    assert len([line for line in example.splitlines() if line.strip()]) <= 25
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "rent.py").write_text(example)
    row = {"number": "H1", "bsn": BSNS[0], "cents": 70000, "day": "2026-11-01"}

    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps([row]).encode()]

    server = make_server("localhost", 0, app)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hub = open_hub(tmp_path, overrides={"allowed_hosts": ["127.0.0.1", "::1"]})
    try:
        config = {"url": f"http://localhost:{server.server_port}/"}
        values = {"name": "huur", "title": "Huur", "connector": "rent", "owner": "corporatie"}
        (outcome,) = sync_source(hub, save_source(hub, {**values, "config": config}))
        assert (outcome.status, outcome.applied) == ("succeeded", 1), outcome
        with hub.reader.connect() as connection:
            assert connection.execute(select(claim_statement.c.open)).scalar_one() == 70000
    finally:
        server.shutdown()
        server.server_close()
        hub.engine.dispose()
