"""Who sees what sources tell of signals, contact and messages: by register and role."""

from __future__ import annotations

from typing import Any

import pytest
from book import BSNS, Book, add_source, book_plugin, facts_record, read_all, resident_of

from hub.core import Hub
from hub.overview.resident import resident_overview
from hub.reconcile import reconcile
from hub.security.permits import permit

WHO = {"bsn": BSNS[0], "surname": "Proef"}

SIGNAL = {"person": WHO, "reference": "S1", "partner_type": "Energie", "amount": 9900}
ENDED = {"person": WHO, "reference": "S1", "signals": ["S1"], "result": "Inwoner is overleden"}
CLAIM = {"person": WHO, "reference": "A1", "creditor": "stad", "type": "ozb", "open": 100}
REACHED = {"person": WHO, "kind": "phone", "value": "06-00000000"}
TRIED = {"person": WHO, "about": "A1", "on": "2026-11-01", "channel": "Telefoon"}
LETTER = {"person": WHO, "direction": "out", "type": "Statusbericht", "sent_on": "2026-11-02"}
CASE = {"person": WHO, "phase": "intake", "starts_on": "2026-01-01"}


@pytest.fixture
def hub(make_hub: Any) -> Hub:
    tax, file, signals = Book(), Book(), Book()
    made: Hub = make_hub(
        book_plugin(tax, "tax_book"),
        book_plugin(file, "file", "debt_help"),
        book_plugin(signals, "signals", "debt_help", register="signal"),
    )
    tax.put(
        "claims",
        facts_record(
            "A1",
            ("claim_statement", "A1", {**CLAIM, "as_of": "2026-11-01"}),
            ("contact", "A1", REACHED),
            ("contact_attempt", "A1", TRIED),
        ),
    )
    file.put("claims", facts_record("C1", ("debt_case", "C1", CASE), ("message", "M1", LETTER)))
    signals.put(
        "claims",
        facts_record("S1", ("early_signal", "S1", SIGNAL), ("signal_case", "Z1", ENDED)),
    )
    for name in ("tax_book", "file", "signals"):
        add_source(made, name)
        read_all(made, name)
    reconcile(made)
    return made


def seen(hub: Hub, role: str) -> set[str]:
    with hub.reader.connect() as connection:
        resident_id = resident_of(connection, hub, BSNS[0])
        assert resident_id is not None
        allowed = permit(connection, hub, "iemand", role, resident_id)
        assert allowed is not None, role
        view = resident_overview(connection, hub, allowed)
    assert view is not None
    return set(view.more)


@pytest.mark.parametrize(
    ("role", "tables"),
    [
        ("signal_worker", {"early_signal", "signal_case", "contact"}),
        (
            "debt_counsellor",
            {"early_signal", "signal_case", "contact", "contact_attempt", "message"},
        ),
        # What a partner reported, and what help wrote, is no business of the tax office.
        ("collector", {"contact", "contact_attempt"}),
    ],
)
def test_each_role_sees_what_its_table_opens(hub: Hub, role: str, tables: set[str]) -> None:
    assert seen(hub, role) == tables
