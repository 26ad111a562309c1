"""Programs see what people in the same role see, and no more; each look is logged the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from book import BSNS
from programs import CLIENT, DEBTOR, STRANGER, Program
from sqlalchemy import select

from hub.core import Hub
from hub.overview.resident import resident_overview
from hub.security.audit import Actor
from hub.security.cases import KINDS, link_case
from hub.security.permits import permit
from hub.security.roles import CASEWORKERS
from hub.store import audit_log, finding
from hub.sync.outbound import deliver_due

SEARCH = "/residents/_search"


def looks(hub: Hub) -> list[Any]:
    with hub.reader.connect() as connection:
        query = select(audit_log).where(audit_log.c.machine, audit_log.c.actor != "hub")
        return list(connection.execute(query.order_by(audit_log.c.id)))


@pytest.mark.parametrize("role", CASEWORKERS)
def test_the_overview_is_what_the_permit_of_the_role_opens(
    hub: Hub, program: Callable[..., Program], client_id: str, role: str
) -> None:
    with hub.engine.begin() as connection:
        kind = next(iter(KINDS[role]))
        today = hub.clock.today()
        begin = Actor("begin", role)
        link_case(connection, hub, begin, client_id, kind=kind, number="M-1", starts_on=today)
    with hub.reader.connect() as connection:
        allowed = permit(connection, hub, "iemand", role, client_id)
        assert allowed is not None
        page = resident_overview(connection, hub, allowed)
        assert page is not None
    one = program(role)
    told = one.get(f"/residents/{client_id}").json
    assert set(told["permit"]["reads"]) == allowed.reads
    assert told["permit"]["ground"] == allowed.ground
    assert (told["person"]["name"], told["total"]) == (page.person.name, page.total)
    assert [found["id"] for found in told["claims"]] == [found.id for found in page.claims]
    assert [found["costs"] for found in told["claims"]] == [found.costs for found in page.claims]
    assert [found["id"] for found in told["holds"]] == [found.id for found in page.holds]
    assert len(told["cases"]) == len(page.cases)
    assert len(told["timeline"]) == len(page.timeline)
    assert [found["rule"] for found in told["findings"]] == [f.rule for f in page.findings]
    look = looks(hub)[-1]
    assert (look.action, look.role, look.ground) == ("overview", role, allowed.ground)
    assert set(look.groups) == allowed.reads


def test_beyond_the_own_caseload_a_search_says_yes_or_no(
    hub: Hub, helper: Program, client_id: str
) -> None:
    (mine,) = helper.call("POST", SEARCH, {"bsn": CLIENT}).json["people"]
    assert mine["residentId"] == client_id
    for bsn in (DEBTOR, STRANGER):
        answer = helper.call("POST", SEARCH, {"bsn": bsn})
        assert answer.json == {"people": [], "elsewhere": True}
    nobody = helper.call("POST", SEARCH, {"bsn": BSNS[4]})
    assert nobody.json == {"people": [], "elsewhere": False}
    by_name = {"surname": "proef1", "birthDate": "1981-05-01"}
    assert helper.call("POST", SEARCH, by_name).json == {"people": [], "elsewhere": True}
    assert [one.action for one in looks(hub)] == ["search"] * 5


def test_a_claim_comes_with_its_steps(helper: Program, client_id: str) -> None:
    first, *_ = helper.get(f"/residents/{client_id}/claims").json["items"]
    one = helper.get(f"/residents/{client_id}/claims/{first['id']}").json
    assert one.items() >= first.items()
    assert [(told["source"], told["open"]) for told in one["statements"]] == [
        ("Tax", 50000),
        ("File", 49800),
    ]
    assert [told["kind"] for told in one["events"]] == ["opgelegd", "aanmaning", "betaling"]
    lines = one["buildUp"]["lines"]
    assert [line["balance"] for line in lines] == [60000, 60900, 50000]
    assert lines[-1]["change"] == {"costs": -900, "interest": 0, "principal": -10000, "over": 0}
    assert one["buildUp"]["total"] == one["open"] == 50000


def test_as_it_was_known_before(helper: Program, client_id: str) -> None:
    path = f"/residents/{client_id}?asOf=2026-11-22"
    assert helper.get(path).json["claims"] == []
    assert helper.get(f"/residents/{client_id}?asOf=2026-11-23").json["claims"]


def test_a_command_gets_its_receipt(hub: Hub, helper: Program, client_id: str) -> None:
    asked = helper.write("POST", f"/residents/{client_id}/holds", {"until": "2027-01-01"})
    (given,) = asked.json["commands"]
    at = given["_links"]["self"]["href"].removeprefix("/api/v1")
    assert helper.get(at).json["state"] == "ready"
    deliver_due(hub)
    receipt = helper.get(at).json
    assert (receipt["state"], receipt["reference"]) == ("delivered", "P-17")
    assert receipt["message"] == "Bevestigd."
    acted = helper.write("POST", f"{at}/acts", {"act": "cancel"})
    assert acted.status_code == 409


def test_steps_with_a_finding(hub: Hub, helper: Program) -> None:
    one = helper.get("/findings").json["items"][0]
    path = f"/findings/{one['id']}"
    reason = "Gebeld met de schuldeiser: het wordt hersteld."

    def take(step: str, **more: str) -> Any:
        seen = helper.get(path).headers["ETag"]
        answer = helper.write("POST", f"{path}/steps", {"step": step, **more}, seen=seen)
        assert answer.status_code == 200, answer.text
        return answer.json

    assert take("take")["state"] == "taken"
    assert take("postpone", until="2026-12-01", reason=reason)["until"] == "2026-12-01"
    assert one["id"] not in [f["id"] for f in helper.get("/findings").json["items"]]
    assert [f["id"] for f in helper.get("/findings?part=postponed").json["items"]] == [one["id"]]
    assert take("settle", reason=reason)["state"] == "settled"
    assert take("reopen")["assignedTo"] == ""
    steps = [told["step"] for told in helper.get(path).json["history"]]
    assert steps == ["take", "postpone", "settle", "reopen"]
    with hub.reader.connect() as connection:
        row = connection.execute(select(finding).where(finding.c.id == one["id"])).one()
    assert row.version == 5
    assert [deed.action for deed in looks(hub) if deed.action.startswith("finding_")] == [
        f"finding_{step}" for step in steps
    ]


def test_pages_of_a_list_lead_to_each_other(helper: Program) -> None:
    seen, path = [], "/findings?pageSize=1"
    while path:
        page = helper.get(path).json
        seen += [one["id"] for one in page["items"]]
        path = page["_links"].get("next", {}).get("href", "").removeprefix("/api/v1")
    assert len(seen) == len(set(seen)) == page["total"] > 1
    beyond = helper.get("/findings?page=1000&pageSize=1").json
    assert beyond["items"] == []
    assert beyond["_links"]["prev"]["href"] == page["_links"]["self"]["href"]


def test_sources_and_runs(hub: Hub, administrator: Program) -> None:
    assert {one["name"] for one in administrator.get("/sources").json["items"]} >= {"tax", "file"}
    before = administrator.get("/sources/tax").json
    started = administrator.write("POST", "/sources/tax/runs")
    assert started.status_code == 202
    (planned,) = started.json["runs"]
    at = planned["_links"]["self"]["href"].removeprefix("/api/v1")
    assert administrator.get(at).json["status"] == "planned"
    assert administrator.write("POST", f"{at}/acts", {"act": "cancel"}).json["status"] == (
        "cancelled"
    )
    assert administrator.write("POST", f"{at}/acts", {"act": "release"}).status_code == 409
    wrong = {"title": "", "config": {"x": 1, "y": {"$env": "HUB_KEYS"}}, "rejectDays": 0}
    answer = administrator.write("PATCH", "/sources/tax", wrong, seen='"1"')
    assert {one["location"]["pointer"] for one in answer.json["errors"]} == {
        "/title",
        "/rejectDays",
    }
    for config in ({"x": 1}, {"x": {"$env": "HUB_KEYS"}}, {"x": {"$file": "/etc/passwd"}}):
        answer = administrator.write("PATCH", "/sources/tax", {"config": config}, seen='"1"')
        assert answer.status_code == 400
    assert administrator.get("/sources/tax").json == before
