"""The two ways in which a tax authority hands over its lists: over HTTP, or as files in a folder.

Both give the bytes of a list; what is in them is for envelope.py and messages.py.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import requests

from hub.connector import (
    CheckStep,
    ConfigError,
    Context,
    Cursor,
    PermanentError,
    Receipt,
    TransientError,
    probe,
)
from plugins.tax.envelope import CHUNK, DeliveryReader, Header
from plugins.tax.messages import CLAIMS, FULL
from plugins.tax.orders import HoldOrder, order_xml, read_answer

#: The bytes of a list; closing it closes the file or connection.
Chunks = Generator[bytes, None, None]


class Transport(Protocol):
    """How to reach the office."""

    def check(self) -> Iterator[CheckStep]:
        """Yield the steps that look whether the office can be reached."""
        ...

    def claims(self, cursor: Cursor | None) -> Chunks:
        """Return the bytes of the claims since `cursor`. Raises HubError."""
        ...

    def holds(self) -> Chunks | None:
        """Return the bytes of the holds, or None when the office says nothing of holds."""
        ...

    def contacts(self) -> Chunks | None:
        """Return the bytes of the contacts, or None when the office says nothing of them."""
        ...

    def send(self, header: Header, order: HoldOrder) -> Receipt:
        """Deliver an order. Raises PermanentError where the office cannot receive any."""
        ...

    def inquire(self, key: str) -> Receipt | None:
        """Return what became of order `key`; None when it never arrived."""
        ...


class HttpTransport:
    """An office that answers over HTTP with a username and a password."""

    def __init__(self, settings: Mapping[str, Any], context: Context) -> None:
        self._url = settings["url"].rstrip("/")
        self._changes_only = settings["changes_only"]
        self._http = context.http
        self._options: dict[str, Any] = {"auth": (settings["username"], settings["password"])}

    def check(self) -> Iterator[CheckStep]:
        """Yield name, port, TLS and sign-in."""
        yield from (CheckStep(*step) for step in probe(self._url))
        with closing(self.claims(None)) as chunks:
            next(chunks, None)
        yield CheckStep("Aanmelden", True, "Het account mag de levering ophalen.")

    def claims(self, cursor: Cursor | None) -> Chunks:
        """Ask for the full set, or for what changed since the delivery in `cursor`."""
        since = (cursor or {}).get("reference") if self._changes_only else None
        return self._get("levering", {"sinds": since} if since else {})

    def holds(self) -> Chunks | None:
        """Ask for the list of holds; an office that has none answers 404."""
        return self._list("pauzes")

    def contacts(self) -> Chunks | None:
        """Ask for the list of contacts; an office that has none answers 404."""
        return self._list("contacten")

    def _list(self, path: str) -> Chunks | None:
        url = f"{self._url}/{path}"
        response = self._http.get(url, stream=True, **self._options | {"allow_status": {404}})
        if response.status_code == 404:
            response.close()
            return None
        return _body(response)

    def _get(self, path: str, query: dict[str, str]) -> Chunks:
        url = f"{self._url}/{path}"
        yield from _body(self._http.get(url, params=query, stream=True, **self._options))

    def send(self, header: Header, order: HoldOrder) -> Receipt:
        """Post the order; both a confirmation (200) and a refusal (422) are an answer."""
        response = self._http.post(
            f"{self._url}/pauzes",
            data=order_xml(header, order),
            headers={"Content-Type": "application/xml"},
            **self._options | {"allow_status": {422}},
        )
        return read_answer(response.content, order.key)

    def inquire(self, key: str) -> Receipt | None:
        """Ask for the answer that was given to an order."""
        url = f"{self._url}/pauzes/opdracht/{key}"
        response = self._http.get(url, **self._options | {"allow_status": {404}})
        # Sending again after a 404 is harmless: the office knows the key of what it did.
        return None if response.status_code == 404 else read_answer(response.content, key)


class FolderTransport:
    """An authority that puts its lists in a folder: deliveries, perhaps pauzes.xml, contacten.xml.

    Of the deliveries the newest full set is read; one with changes alone is left, as a full set
    follows. A file must appear under its name in one step, when it is whole.
    """

    HOLDS, CONTACTS = "pauzes.xml", "contacten.xml"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._folder = Path(settings["folder"])

    def check(self) -> Iterator[CheckStep]:
        """Yield whether the folder is there and holds a delivery."""
        count = len(self._files())
        yield CheckStep("Map", True, f"De map is leesbaar en bevat {count} leveringen.")
        name = self._newest().name
        yield CheckStep("Volledige levering", True, f"De nieuwste volledige levering is {name}.")

    def claims(self, cursor: Cursor | None) -> Chunks:
        """Return the newest full set, also when it was read before."""
        return _file(self._newest())

    def holds(self) -> Chunks | None:
        """Return the list of holds when there is one."""
        return self._list(self.HOLDS)

    def contacts(self) -> Chunks | None:
        """Return the list of contacts when there is one."""
        return self._list(self.CONTACTS)

    def _list(self, name: str) -> Chunks | None:
        path = self._folder / name
        self._files()
        return _file(path) if path.is_file() else None

    def send(self, header: Header, order: HoldOrder) -> Receipt:
        """Raise PermanentError: a folder is read only."""
        raise PermanentError(
            "Deze bron levert bestanden in een map en kan geen opdrachten ontvangen. Geef de "
            "opdracht zelf door aan de organisatie."
        )

    def inquire(self, key: str) -> Receipt | None:
        """Return None: nothing was ever sent."""
        return None

    def _files(self) -> list[Path]:
        if not self._folder.is_dir():
            raise ConfigError(
                "De map met leveringen bestaat niet of is niet te lezen. Controleer de map in de "
                "instellingen."
            )
        lists = (self.HOLDS, self.CONTACTS)
        return sorted(path for path in self._folder.glob("*.xml") if path.name not in lists)

    def _newest(self) -> Path:
        headers = [(_header(path), path) for path in self._files()]
        full = [(head.sent_at, path) for head, path in headers if head.function == FULL]
        if not full:
            raise TransientError(
                "In de map staat geen volledige levering. Er is niets afgesloten of verwijderd. "
                "Vraag de organisatie om een levering met functie volledigeStand."
            )
        return max(full)[1]


def delivery(url: str, http: requests.Session) -> Chunks:
    """Yield the delivery that is offered at an address, with the account of the session."""
    yield from _body(http.get(f"{url.rstrip('/')}/levering", stream=True))


def _body(response: Any) -> Chunks:
    with response:
        try:
            yield from response.iter_content(CHUNK)
        except TransientError as error:
            raise TransientError(
                "De levering brak onderweg af. Er is niets afgesloten of verwijderd. De hub "
                "probeert het later opnieuw.",
                f"delivery broke off: {error.log}",
            ) from error


def _header(path: Path) -> Header:
    with closing(_file(path)) as chunks:
        try:
            return DeliveryReader(chunks, CLAIMS).header
        except PermanentError as error:
            raise PermanentError(f"Het bestand {path.name}: {error.user}", error.log) from error


def _file(path: Path) -> Chunks:
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except OSError as error:
        raise ConfigError(
            f"Het bestand {path.name} is niet te lezen. Controleer de rechten op de map.",
            f"cannot read delivery: {type(error).__name__}",
        ) from error
