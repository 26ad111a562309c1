"""Contact moments: told to the customer contact register, and written as files.

The register is Open Klant's klantinteracties 0.9: `maak-klantcontact` makes a contact with who and
about what in one call. It knows no idempotency key. So our key stands in the contact as the object
that it is about, and before anything is made we look whether it is there already.
"""

from __future__ import annotations

import csv
import io
import os
import re
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
    TransientError,
    read_json,
    safe_cell,
)

#: The longest texts that the register takes, by our name.
LONGEST = {"channel": 50, "subject": 200, "text": 1000}

#: And how much it takes of a name; ours may be longer, and a contact must not be lost over that.
NAME = {"initials": 10, "prefix": 10, "surname": 200}

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LANGUAGE = re.compile(r"[a-z]{3}")

_NO_FOLDER = "De map voor contactmomenten ontbreekt of is niet te beschrijven. Controleer het pad."

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
    if not _LANGUAGE.fullmatch(language):
        faults.append("language is geen code van drie letters")
    if data.get("case") and not _UUID.fullmatch(str(data["case"]).lower()):
        faults.append("case is geen UUID van een zaak")
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
    told = {name: str(person.get(name) or "") for name in NAME}
    # Half a set of initials is another name; without them it is still the right one.
    kept = {name: one if len(one) <= NAME[name] else "" for name, one in told.items()}
    name = {
        "voorletters": kept["initials"],
        "voornaam": "",
        "voorvoegselAchternaam": kept["prefix"],
        "achternaam": told["surname"][: NAME["surname"]],
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
        "onderwerpobject": _about(key, "opdracht", "schuldenhub", "sleutel"),
    }


def _about(object_: str, kind: str, register: str, called: str) -> dict[str, Any]:
    return {
        "wasKlantcontact": None,
        "onderwerpobjectidentificator": {
            "objectId": object_,
            "codeObjecttype": kind,
            "codeRegister": register,
            "codeSoortObjectId": called,
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
        self._found("controle-van-de-verbinding")

    def look_at_folder(self) -> str:
        """Return what is wrong with the folder, empty when nothing is, or when there is none."""
        if not self._folder or (
            Path(self._folder).is_dir() and os.access(self._folder, os.W_OK | os.X_OK)
        ):
            return ""
        return _NO_FOLDER

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
        reference = _reference(self._found(key)) if self._url else ""
        if self._url and not reference:
            return None
        if self._folder and not (Path(self._folder) / file_name(key)).is_file():
            return None
        return _receipt(reference or file_name(key)) if (self._url or self._folder) else None

    def _told(self, command: Command, contact: Mapping[str, Any], key: str) -> str:
        """Make the contact, and tell of which case it is; return its number in the register."""
        found = self._found(key)
        if found is None:
            message = contact_message(contact, command.person, key)
            found = self._post("maak-klantcontact", message).get("klantcontact")
        reference = _reference(found)
        if contact["case"] and reference and not _has_case(found):
            about = _about(contact["case"].lower(), "zaak", "open-zaak", "uuid")
            try:
                self._post("onderwerpobjecten", about | {"klantcontact": {"uuid": reference}})
            except TransientError as error:
                # Whoever tries again finds the contact, and then makes this alone.
                raise TransientError(error.user, error.log, error.retry_after) from error
        return reference

    def _post(self, path: str, message: Any) -> dict[str, Any]:
        response = self._http.post(
            f"{self._url}/{path}",
            json=message,
            headers=self._headers,
            allow_status={400},  # type: ignore[call-arg]
        )
        if response.status_code == 400:
            raise PermanentError(
                f"Klantinteracties weigert dit contactmoment: {_reasons(response)}.",
                "contact moment refused (HTTP 400)",
            )
        return _answer(response)

    def _found(self, key: str) -> Any:
        response = self._http.get(
            f"{self._url}/klantcontacten",
            params={"onderwerpobject__onderwerpobjectidentificatorObjectId": key},
            headers=self._headers,
        )
        found = _answer(response).get("results")
        return found[0] if isinstance(found, list) and found else None


def _has_case(contact: Any) -> bool:
    """Tell whether a contact is about more than our own command."""
    told = contact.get("gingOverOnderwerpobjecten") if isinstance(contact, dict) else None
    return isinstance(told, list) and len(told) > 1


def _reasons(response: requests.Response) -> str:
    """Return the fields that the register finds wrong; its own words may repeat what was sent."""
    try:
        told = read_json(response.content)
    except PermanentError:
        told = None
    faults = told.get("invalidParams") if isinstance(told, dict) else None
    names = [
        str(one.get("name", "")).rpartition(".")[2][:40]
        for one in (faults if isinstance(faults, list) else [])
        if isinstance(one, dict)
    ]
    known = [re.sub(r"[^A-Za-z]", "", name) for name in names]
    listed = ", ".join(dict.fromkeys(filter(None, known)))
    return f"{listed} is niet wat het register verwacht" if listed else "HTTP 400"


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
            _NO_FOLDER,
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
