"""The whole chain at once: every register plays, and one resident is known in all of them."""

from __future__ import annotations

from pathlib import Path

from book import everything
from sqlalchemy import func, select

from hub.core import open_hub
from hub.demo.run import demo_settings, fill, start_demo
from hub.overview.resident import resident_overview
from hub.store import source, subject

#: Another authority's residents; nobody lives in both.
ELSEWHERE = {"belastingen-fictiefland"}


def test_every_register_is_read_and_somebody_is_known_in_all(tmp_path: Path) -> None:
    hub = open_hub(tmp_path, overrides=demo_settings())
    with start_demo(tmp_path, seed=1, size=120, hub=hub, whole_chain=True) as demo:
        assert any(one.extra for one in demo.simulators.values())
        runs = list(fill(demo))
        assert [one for one in runs if one[1].status != "succeeded" or one[1].rejected] == []
    with hub.reader.connect() as connection:
        told = (
            select(subject.c.resident_id, source.c.name)
            .join(source, source.c.id == subject.c.source_id)
            .where(subject.c.resident_id.is_not(None), source.c.name.not_in(ELSEWHERE))
            .distinct()
            .subquery()
        )
        naming = connection.execute(select(func.count(told.c.name.distinct()))).scalar_one()
        known = connection.execute(
            select(told.c.resident_id).group_by(told.c.resident_id).having(func.count() == naming)
        ).scalars()
        about = next(known)
        view = resident_overview(connection, hub, everything(about))
    hub.engine.dispose()
    assert naming >= 20
    assert view is not None
    assert view.open_claims
    assert view.cases
    assert view.entries
    assert {"early_signal", "linked_case", "contact"} <= set(view.more)
