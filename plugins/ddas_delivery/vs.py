"""Early signals as DDAS VS v1.2 tells them: from canonical records to signals, cases and attempts.

Every name that is read is written out here, and `internal_reason` is not among them: why a signal
was not taken up for "andere reden" may reach nobody outside the municipality. Codes that v1.2 does
not know are left out. The standard has no partner for municipal tax: that is "Overige".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.ddas_delivery.shape import Kind, day, flag, one_of, text, whole_euros

PARTNERS = (
    "Belastingdienst",
    "CAK Eigen bijdrage",
    "CAK Zorgverzekeringen",
    "Dienst Toeslagen",
    "DUO",
    "Energie",
    "Huur",
    "Hypotheek",
    "Overige",
    "Water",
    "Zorg",
)
STATUSES = (
    "Inwoner al bekend bij schuldhulpverlening",
    "Inwoner is overleden",
    "Niet opgepakt: andere reden",
    "Niet opgepakt: herhaalde melding",
    "Niet opgepakt: onterecht signaal",
    "Nog niet opgepakt",
    "Opgepakt",
    "Persoon is geen inwoner (meer) in de gemeente",
)
RESULTS = (
    "(Budget)advies en/of quick fix",
    "Definitief geen contact kunnen krijgen",
    "Geen reactie na eerder contact",
    "Inwoner al bekend bij schuldhulpverlening",
    "Inwoner heeft al een ander lopend traject",
    "Inwoner heeft zelf al betaald/betalingsregeling getroffen",
    "Inwoner is overleden",
    "Inwoner regelt het zelf/hoeft geen hulp vanuit vroegsignalering",
    "Niet opgepakt: andere reden",
    "Niet opgepakt: herhaalde melding",
    "Niet opgepakt: onterecht signaal",
    "Persoon is geen inwoner (meer) in de gemeente",
    "Vervolghulp en/of verwijzing",
    "Vervolghulp en/of verwijzing financieel",
    "Vervolghulp en/of verwijzing niet financieel",
    "Verwijzing zonder tussenkomst inwoner",
)
CHANNELS = (
    "Administratief",
    "Afspraak op locatie",
    "Brief",
    "Huisbezoek",
    "Kaartje",
    "Mail",
    "Onbekend",
    "Overige",
    "SMS/Whatsapp",
    "Telefoon",
)
PARTS_OF_DAY = ("Ochtend", "Middag", "Avond")


def _partner(value: Any) -> str | None:
    if value in PARTNERS:
        return str(value)
    return "Overige" if isinstance(value, str) and "belasting" in value.lower() else None


def _euros(value: Any) -> int | None:
    return whole_euros(value) if isinstance(value, int) else None


#: Field of v1.2, canonical field, and what may be written.
_SIGNAL: tuple[tuple[str, str, Kind], ...] = (
    ("crisissignaal", "crisis", flag),
    ("warmeOverdracht", "warm_handover", flag),
    ("bedrag", "amount", _euros),
    ("ontstaansdatum", "arisen_on", day),
    ("signaaldatum", "signalled_on", day),
    ("status", "status", one_of(*STATUSES)),
)
_CASE: tuple[tuple[str, str, Kind], ...] = (
    ("resultaat", "result", one_of(*RESULTS)),
    ("matchingsdatum", "matched_on", day),
    ("startdatumMatchingperiode", "period_starts_on", day),
    ("datumOpgepakt", "taken_up_on", day),
    ("einddatumMatchingperiode", "period_ends_on", day),
)
_ATTEMPT: tuple[tuple[str, str, Kind], ...] = (
    ("soort", "channel", one_of(*CHANNELS)),
    ("bereikt", "reached", flag),
    ("datum", "on", day),
    ("dagdeel", "part_of_day", one_of(*PARTS_OF_DAY)),
)
_ADDRESSED: tuple[tuple[str, str, Kind], ...] = (
    ("geslachtsaanduiding", "gender", one_of("Man", "Vrouw", "Onbekend", "Leeg")),
    ("geboortedatum", "birth_date", day),
    ("postcode", "postcode", text),
    ("huisnummer", "house_number", text),
    ("huisnummertoevoeging", "addition", text),
)


def _written(fields: tuple[tuple[str, str, Kind], ...], told: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: kind(told.get(ours)) for name, ours, kind in fields}
    return {name: value for name, value in found.items() if value is not None}


def signal_json(signal: Mapping[str, Any], id_: str) -> dict[str, Any] | None:
    """Return a signal under the ID `id_`; None when nobody could know whom it is about."""
    client = client_json(signal["person"])
    if client is None:
        return None
    partner = _partner(signal.get("partner_type"))
    # What the source did not say may not become a "no" on the way.
    absent = _details(signal).get("nietVermeld", ())
    told = _written(_SIGNAL, signal)
    return {
        "ID": id_,
        **{name: value for name, value in told.items() if name not in absent},
        "signaalpartner": {"type": partner} if partner else {},
        "client": client,
    }


def client_json(person: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a client: the BSN and nothing else, or a postcode and house number without BSN."""
    if person.get("bsn"):
        return {"burgerservicenummer": person["bsn"]}
    told = _written(_ADDRESSED, person)
    return told if {"postcode", "huisnummer"} <= told.keys() else None


def case_json(case: Mapping[str, Any], ids: list[str]) -> dict[str, Any]:
    """Return a case of the signals with these IDs, without its attempts."""
    return {**_written(_CASE, case), "vroegsignalen": [{"ID": one} for one in ids]}


def attempt_json(attempt: Mapping[str, Any]) -> dict[str, Any]:
    """Return an attempt to reach somebody."""
    return _written(_ATTEMPT, attempt)


def undated_json(case: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the attempts of a case that stand on no day, as their source told them."""
    fields = tuple((name, name, kind) for name, _, kind in _ATTEMPT)
    return [_written(fields, one) for one in _details(case).get("pogingenZonderDag", ())]


def _details(record: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = record.get("details") or {}
    return found
