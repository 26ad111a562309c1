"""What a run says beside its counts."""

from __future__ import annotations

from hub.sync.notes import MOST, Notes


def test_a_run_without_remarks_says_nothing() -> None:
    assert Notes().text() is None


def test_the_same_warning_is_told_once_with_its_number() -> None:
    notes = Notes()
    for _ in range(3):
        notes.warn("De datum ontbreekt.")
    notes.warn("Het bedrag is negatief.")
    assert notes.text() == "De datum ontbreekt. (3 keer) Het bedrag is negatief."


def test_unknown_fields_come_first() -> None:
    notes = Notes(unknown={"kleur"})
    notes.warn("De datum ontbreekt.")
    text = notes.text() or ""
    assert "velden die de koppeling niet kent: kleur" in text
    assert text.endswith("Meld dit aan de maker van de koppeling. De datum ontbreekt.")


def test_many_kinds_are_cut_and_counted() -> None:
    notes = Notes()
    for number in range(MOST + 5):
        notes.warn(f"Vreemd geval {number}.")
    notes.warn("Vreemd geval 0.")
    text = notes.text() or ""
    assert text.count("Vreemd geval") == MOST
    assert "Vreemd geval 0. (2 keer)" in text
    assert text.endswith("En nog 5 andere waarschuwingen.")


def test_no_text_of_a_plugin_can_break_a_page() -> None:
    notes = Notes()
    notes.warn("x\x00" + "y" * 1000)
    text = notes.text() or ""
    assert "\x00" not in text
    assert len(text) == 300
