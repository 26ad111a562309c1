"""Contact moments: told to the customer contact register, and written as files.

The register is Open Klant's klantinteracties 0.9: `maak-klantcontact` makes a contact with who and
about what in one call. It knows no idempotency key. So our key stands in the contact as the object
that it is about, and before anything is made we look whether it is there already.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from hub.clock import AMSTERDAM
from hub.connector import (
    Command,
    ConfigError,
    ContractError,
    PermanentError,
    Receipt,
    read_json,
    safe_cell,
)

#: The longest texts that the register takes, by our name.
LONGEST = {"channel": 50, "subject": 200, "text": 1000}

#: Columns of the file.
COLUMNS = ("sleutel", "inwoner", "moment", "kanaal", "onderwerp", "inhoud", "gelukt", "taal")


def contact_of(command: Command) -> dict[str, Any]:
    """Return the contact in a command, complete. Raises PermanentError with every fault.

    Data: `channel`, `subject`, and perhaps `text`, `reached` (true or false), `language` (three
    letters), `by_resident` (who began it), `case` (UUID of a case) and `resident` (opaque id).
    """
    data = command.data
    faults = [f"{name} ontbreekt" for name in ("channel", "subject") if not data.get(name)]
    faults += [
        f"{name} is {len(str(data[name]))} tekens lang; hoogstens {most} is mogelijk"
        for name, most in LONGEST.items()
        if len(str(data.get(name) or "")) > most
    ]
    language = str(data.get("language") or "nld")
    if len(language) != 3:
        faults.append("language is geen code van drie letters")
    if faults:
        raise PermanentError(
            f"Dit contactmoment kan niet worden vastgelegd: {'; '.join(faults)}.",
            f"contact moment refused: {len(faults)} fault(s)",
        )
    return {
        **{name: str(data.get(name) or "") for name in ("channel", "subject", "text")},
        **{name: str(data.get(name) or "") for name in ("case", "resident")},
        "reached": bool(data.get("reached", True)),
        "by_resident": bool(data.get("by_resident", False)),
        "language": language,
        "at": command.created_at.astimezone(AMSTERDAM).isoformat(timespec="seconds"),
    }


def contact_message(contact: Mapping[str, Any], person: Mapping[str, Any], key: str) -> Any:
    """Return the contact as `maak-klantcontact` wants it. It holds no BSN."""
    name = {
        "voorletters": person.get("initials") or "",
        "voornaam": "",
        "voorvoegselAchternaam": person.get("prefix") or "",
        "achternaam": person.get("surname") or "",
    }
    return {
        "klantcontact": {
            "kanaal": contact["channel"],
            "onderwerp": contact["subject"],
            "inhoud": contact["text"],
            "indicatieContactGelukt": contact["reached"],
            "taal": contact["language"],
            "vertrouwelijk": True,
            "plaatsgevondenOp": contact["at"],
        },
        "betrokkene": {
            "wasPartij": None,
            "rol": "klant",
            "initiator": contact["by_resident"],
            "contactnaam": name,
        },
        "onderwerpobject": {
            "wasKlantcontact": None,
            "onderwerpobjectidentificator": {
                "objectId": key,
                "codeObjecttype": "opdracht",
                "codeRegister": "schuldenhub",
                "codeSoortObjectId": "sleutel",
            },
        },
    }


class ContactRegister:
    """Puts contact moments where the settings say: in the register, in a folder, or both."""

    def __init__(self, settings: Mapping[str, Any], http: requests.Session) -> None:
        self._url = settings["contacts_url"].rstrip("/")
        self._folder = settings["contacts_folder"]
        self._http = http
        self._headers = {"Authorization": f"Token {settings['contacts_token']}"}

    def look(self) -> None:
        """Read nothing of the register, to see whether that is allowed. Raises HubError."""
        self._find("controle-van-de-verbinding")

    def send(self, command: Command, key: str) -> Receipt:
        """Tell a contact moment once. Raises HubError."""
        contact = contact_of(command)
        if not (self._url or self._folder):
            raise ConfigError(
                "Er is niet ingesteld waar contactmomenten naartoe gaan. Vul het adres van "
                "klantinteracties in, of een map.",
                "no destination for contact moments",
            )
        reference = self._told(command, contact, key) if self._url else ""
        name = write_file(Path(self._folder), contact, key) if self._folder else ""
        return _receipt(reference or name)

    def inquire(self, key: str) -> Receipt | None:
        """Return what became of a contact moment; None when a part of it never arrived."""
        reference = (self._find(key) if self._url else "") or ""
        if self._url and not reference:
            return None
        if self._folder and not (Path(self._folder) / file_name(key)).is_file():
            return None
        return _receipt(reference or file_name(key)) if (self._url or self._folder) else None

    def _told(self, command: Command, contact: Mapping[str, Any], key: str) -> str:
        if found := self._find(key):
            return found
        response = self._http.post(
            f"{self._url}/maak-klantcontact",
            json=contact_message(contact, command.person, key),
            headers=self._headers,
        )
        return _reference(_answer(response).get("klantcontact"))

    def _find(self, key: str) -> str:
        response = self._http.get(
            f"{self._url}/klantcontacten",
            params={"onderwerpobject__onderwerpobjectidentificatorObjectId": key},
            headers=self._headers,
        )
        found = _answer(response).get("results")
        return _reference(found[0]) if isinstance(found, list) and found else ""


def file_name(key: str) -> str:
    """Return the name of the file of one contact moment."""
    if not key.replace("-", "").isalnum():
        raise ContractError("De sleutel van een opdracht past niet in een bestandsnaam.", "bad key")
    return f"contactmoment-{key}.csv"


def write_file(folder: Path, contact: Mapping[str, Any], key: str) -> str:
    """Write a contact moment as a file that appears whole, or was there; return its name."""
    name = file_name(key)
    row = {
        "sleutel": key,
        "inwoner": contact["resident"],
        "moment": contact["at"],
        "kanaal": contact["channel"],
        "onderwerp": contact["subject"],
        "inhoud": contact["text"],
        "gelukt": "ja" if contact["reached"] else "nee",
        "taal": contact["language"],
    }
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerow({column: safe_cell(value) for column, value in row.items()})
    try:
        part = folder / f"{name}.part"
        part.write_text(text.getvalue(), encoding="utf-8-sig", newline="")
        part.replace(folder / name)
    except OSError as error:
        raise ConfigError(
            "De map voor contactmomenten ontbreekt of is niet te beschrijven. Controleer het pad.",
            f"cannot write contact moment: {type(error).__name__}",
        ) from error
    return name


def _receipt(reference: str) -> Receipt:
    return Receipt("delivered", reference, "Het contactmoment is vastgelegd.")


def _answer(response: requests.Response) -> dict[str, Any]:
    value = read_json(response.content, "Het antwoord van klantinteracties")
    if not isinstance(value, dict):
        raise PermanentError(
            "Klantinteracties gaf een antwoord dat de hub niet kent.", "answer of another shape"
        )
    return value


def _reference(value: Any) -> str:
    return str(value.get("uuid") or "") if isinstance(value, dict) else ""
