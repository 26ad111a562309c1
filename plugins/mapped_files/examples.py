"""A mapping for each kind of export, to start from; the layouts are made up."""

from __future__ import annotations

import json
from typing import Any

_BENEFIT: dict[str, Any] = {
    "format": "csv",
    "full": True,
    "count": "AANTAL",
    "key": ["Nummer"],
    "facts": [
        {
            "kind": "claim_statement",
            "fields": {
                "person.bsn": {"from": "BSN", "as": "bsn"},
                "person.surname": {"from": "Naam"},
                "reference": {"from": "Nummer"},
                "type": {"value": "bijstand"},
                "stage": {
                    "from": "Fase",
                    "as": "code",
                    "codes": {"A": "aanslag", "M": "aanmaning", "D": "dwangbevel"},
                    "otherwise": "onbekend",
                },
                "imposed_on": {"from": "Ontstaan", "as": "date"},
                "principal": {"from": "Bedrag", "as": "euro"},
                "open": {"from": "Saldo", "as": "euro"},
                "as_of": {"from": "Peildatum", "as": "date"},
            },
        }
    ],
}

_CLAIMS: dict[str, Any] = {
    "format": "xlsx",
    "sheet": "Openstaand",
    "full": True,
    "key": ["Grafrecht"],
    "facts": [
        {
            "kind": "claim_statement",
            "fields": {
                "person.bsn": {"from": "BSN", "as": "bsn"},
                "reference": {"from": "Grafrecht"},
                "type": {"value": "grafrechten"},
                "open": {"from": "Open", "as": "euro"},
                "as_of": {"from": "Datum", "as": "date"},
            },
        }
    ],
}

_SIGNALS: dict[str, Any] = {
    "format": "xml",
    "full": True,
    "rows": "/signalen/signaal",
    "count": "/signalen/@aantal",
    "key": ["kenmerk"],
    "facts": [
        {
            "kind": "early_signal",
            "fields": {
                "person.surname": {"from": "naam"},
                "person.birth_date": {"from": "geboren", "as": "date"},
                "person.postcode": {"from": "postcode", "as": "postcode"},
                "person.house_number": {"from": "huisnummer"},
                "reference": {"from": "kenmerk"},
                "partner_type": {"from": "soort"},
                "amount": {"from": "bedrag", "as": "euro"},
                "signalled_on": {"from": "datum", "as": "date"},
            },
        }
    ],
}

_HELP: dict[str, Any] = {
    "format": "json",
    "full": True,
    "rows": "trajecten",
    "count": "aantal",
    "key": ["nummer"],
    "facts": [
        {
            "kind": "debt_case",
            "fields": {
                "person.bsn": {"from": "klant.bsn", "as": "bsn"},
                "reference": {"from": "nummer"},
                "phase": {"value": "intake"},
                "starts_on": {"from": "start", "as": "date"},
                "intake_on": {"from": "intake", "as": "date"},
            },
        }
    ],
}

#: The text of each mapping, by the name of its connector.
MAPPINGS = {
    name: json.dumps(told, indent=1)
    for name, told in {
        "mapped_benefit": _BENEFIT,
        "mapped_claims": _CLAIMS,
        "mapped_signals": _SIGNALS,
        "mapped_help": _HELP,
    }.items()
}
