"""Deliveries of early signals that are wrong, each with what the administrator then reads."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hub.clock import FrozenClock
from hub.connector import Context, PermanentError, RecordError
from plugins.early_signals.connector import EarlySignalConnector
from plugins.early_signals.settings import SignalConfig

BAD = Path(__file__).parent / "bad" / "early_signals"
KEPT = "Er is niets afgesloten of verwijderd."
NO_BSN = "vroegsignaal.client.burgerservicenummer is geen BSN: verwacht precies negen cijfers"


def shape(*problems: str) -> str:
    found = "; ".join(problems)
    return (
        f"De levering heeft niet de vorm van DDAS Vroegsignalering: {found}. {KEPT} Vraag de "
        "leverancier om de levering te herstellen."
    )


#: What each record is refused for, in the order of the delivery; "" is a record that is sound.
RECORDS = {
    "acht-cijfers": [NO_BSN],
    "meerdere-fouten": [
        "vroegsignaal.ID is leeg; een waarde is verplicht; "
        "vroegsignaal.bedrag is '12.5'; verwacht een bedrag in hele euro's, als 120; "
        "vroegsignaal.signaaldatum is '01-05-2026'; verwacht een datum als 2026-11-23; "
        "vroegsignaal.client.burgerservicenummer ontbreekt, en zonder postcode en huisnummer is "
        "niemand te vinden"
    ],
    "gemeentebelasting": [
        "vroegsignaal.signaalpartner.type is gemeentebelasting: dat mag alleen op een vastgelegde "
        "grondslag, en die staat niet in de instellingen; "
        "vroegsignaal.inspanningen.persoonlijkContact ontbreekt; vermeld op welke dag persoonlijk "
        "contact is gezocht; "
        "vroegsignaal.inspanningen.gewezenOpSchuldhulp ontbreekt; vermeld op welke dag op "
        "schuldhulp is gewezen; "
        "vroegsignaal.inspanningen.herinnering ontbreekt; vermeld op welke dag een schriftelijke "
        "herinnering is verstuurd; "
        "vroegsignaal.inspanningen.aanbodContactgegevens ontbreekt; vermeld op welke dag in een "
        "herinnering is aangeboden om contactgegevens door te geven"
    ],
    "zaak-zonder-signaal": [
        "vroegsignaalzaak.vroegsignalen noemt geen signaal dat in deze levering staat; dan is "
        "onbekend van wie de zaak is"
    ],
    "zaak-zonder-lijst": ["", "vroegsignaalzaak.vroegsignalen ontbreekt"],
    "poging": [
        "",
        "vroegsignaalzaak.contactpogingen.0.bereikt is geen ja of nee (true of false); "
        "vroegsignaalzaak.contactpogingen.0.datum is 'gisteren'; verwacht een datum als 2026-11-23",
    ],
    "geen-groep": ["vroegsignaal is geen record (een groep velden)"] * 2,
    "bsn-als-nummer": ["vroegsignaal.ID is het BSN van de inwoner; verwacht een eigen nummer"],
    "oude-versie-fout": [
        NO_BSN,
        "vroegsignaalzaak.startdatumMatchingperiode is 'mei'; verwacht een datum als 2026-11-23",
    ],
}

#: What stops the whole delivery.
DELIVERIES = {
    "zonder-zone": shape(
        "bestand.aanleverdatumEnTijd is '2026-07-01T09:00:00'; verwacht een tijdstip als "
        "2026-11-23T10:00:00+01:00"
    ),
    "zonder-gemeente": shape("bestand.leveringen.0.gemeentecode is leeg; een waarde is verplicht"),
    "geen-lijst": shape("bestand.leveringen.0.vroegsignalen is geen lijst"),
    "v0.1": shape("bestand.aanleverdatumEnTijd ontbreekt", "bestand.leveringen ontbreekt"),
    "afgebroken": (
        f"Het antwoord is geen leesbare JSON (in UTF-8). {KEPT} Controleer het adres, of vraag de "
        "leverancier om het antwoord na te kijken."
    ),
}


def connect(name: str, folder: Path, clock: FrozenClock) -> EarlySignalConnector:
    shutil.copy(BAD / f"{name}.json", folder)
    config = SignalConfig().load({"transport": "folder", "folder": str(folder)})
    context = Context(clock=clock, pseudonym=lambda text: f"p{abs(hash(text))}"[:32])
    return EarlySignalConnector(config, context)


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_a_wrong_record_is_refused_in_words(name: str, tmp_path: Path, clock: FrozenClock) -> None:
    connector = connect(name, tmp_path, clock)
    told = []
    for batch in connector.read("signals", None):
        for record in batch.records:
            try:
                told.append("" if list(connector.parse("signals", record.raw)) else "nothing")
            except RecordError as error:
                told.append(error.user)
    assert told == RECORDS[name]
    assert "999990019" not in "".join(told)


@pytest.mark.parametrize("name", sorted(DELIVERIES))
def test_a_wrong_delivery_is_refused_in_words(
    name: str, tmp_path: Path, clock: FrozenClock
) -> None:
    with pytest.raises(PermanentError) as caught:
        list(connect(name, tmp_path, clock).read("signals", None))
    assert caught.value.user == DELIVERIES[name]


def test_every_wrong_delivery_is_in_a_table() -> None:
    assert {one.name.removesuffix(".json") for one in BAD.iterdir()} == {*RECORDS, *DELIVERIES}
