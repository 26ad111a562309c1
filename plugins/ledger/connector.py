"""The connector of a ledger: who is this person there, and what do they owe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

import requests
from marshmallow import ValidationError, fields, validate, validates_schema

from hub.connector import (
    Batch,
    CheckStep,
    ConfigError,
    ConfigSchema,
    Connector,
    Cursor,
    Fact,
    PermanentError,
    Record,
    RecordError,
    Role,
    Stream,
    probe,
    read_json,
    setting,
)
from plugins.ledger.messages import ITEM_FIELDS, RECORD_FIELDS, parse_person
from plugins.ledger.odata import Moved, all_items, partners, read_page, require_one_picture
from schemas import CLAIM_TYPES

#: How many persons are asked about before their answers are committed.
BATCH = 50

#: A number of the test range of the BSN.
TEST_BSN = "999999990"

#: What is asked for: bills that are open, those that are not (paid, annulled or handed over), and
#: payments in part. Open ones first: what is cleared meanwhile is then seen twice, and not missed.
STATES: dict[str, str] = {
    "open": "IsCleared eq false",
    "cleared": "IsCleared eq true",
    "parts": "IsCleared eq false and InvoiceReference ne ''",
}

#: How a count is asked for, by version of OData.
COUNTED = {"2": ("$inlinecount", "allpages"), "4": ("$count", "true")}

#: How often the bills of one resident are read before a changing ledger ends the run.
TRIES = 3


class Settings(ConfigSchema):
    """Where the ledger is, who we are to it, and how it is set up."""

    url = setting(
        fields.Url, "Adres", "Het adres van de OData-dienst van het grootboek.", require_tld=False
    )
    username = setting(
        fields.String, "Gebruikersnaam", "De naam van het account voor de hub.", group="Aanmelden"
    )
    password = setting(
        fields.String, "Wachtwoord", "Het wachtwoord daarbij.", secret=True, group="Aanmelden"
    )
    partner_path = setting(
        fields.String,
        "Pad van zakenpartners",
        "Waar de hub vraagt welk nummer iemand in het grootboek heeft.",
        group="Inrichting",
        load_default="/businesspartner/BSN/",
    )
    items_path = setting(
        fields.String,
        "Pad van facturen",
        "Waar de hub de facturen van een zakenpartner vraagt.",
        group="Inrichting",
        load_default="/API/ZFI_OPERACCTGDOCITEM_CDS/ZFI_OPERACCTGDOCITEM",
    )
    bill_types = setting(
        fields.String,
        "Documentsoorten van facturen",
        "De soorten die een factuur zijn, met komma's ertussen.",
        group="Inrichting",
        load_default="DR,DG,DM,DE,DF,DV,DW",
        validate=validate.Regexp(r"[A-Z0-9]{2}(,[A-Z0-9]{2})*\Z", error="Schrijf dit als DR,DG."),
    )
    part_types = setting(
        fields.String,
        "Documentsoorten van deelbetalingen",
        "De soorten die een deelbetaling zijn, met komma's ertussen.",
        group="Inrichting",
        load_default="AB,BA",
        validate=validate.Regexp(r"[A-Z0-9]{2}(,[A-Z0-9]{2})*\Z", error="Schrijf dit als AB,BA."),
    )
    page_size = setting(
        fields.Integer,
        "Facturen per bladzijde",
        "Hoeveel facturen de hub per keer vraagt.",
        group="Inrichting",
        load_default=500,
        validate=validate.Range(1, 2000, error="Kies een getal van 1 tot 2000."),
    )
    odata_version = setting(
        fields.String,
        "Versie van OData",
        "Kies 2 (SAP Gateway) of 4. Zo vraagt de hub hoeveel facturen er zijn.",
        group="Inrichting",
        load_default="2",
        validate=validate.OneOf(tuple(COUNTED), error="Kies 2 of 4."),
    )
    claim_type = setting(
        fields.String,
        "Soort vordering",
        "Wat de facturen zijn. Het grootboek zegt niet of een factuur een belasting is.",
        group="Inrichting",
        load_default="overig",
        validate=validate.OneOf(CLAIM_TYPES, error="Kies een van de bekende soorten."),
    )
    transferred_to = setting(
        fields.String,
        "Overgedragen aan",
        "Wie een factuur verder int die in het grootboek is afgesloten met aanmaanniveau 3.",
        group="Inrichting",
        load_default="belastingen",
    )

    @validates_schema
    def _apart(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        both = set(data["bill_types"].split(",")) & set(data["part_types"].split(","))
        if both:
            text = f"{', '.join(sorted(both))} staat ook bij de facturen; dan telt het dubbel."
            raise ValidationError({"part_types": [text]})


class LedgerConnector(Connector):
    """Speaks OData with a ledger of receivables."""

    name: ClassVar[str] = "ledger"
    title: ClassVar[str] = "Debiteuren (grootboek)"
    role: ClassVar[Role] = "creditor"
    config: ClassVar[type[ConfigSchema]] = Settings
    streams: ClassVar[tuple[Stream, ...]] = (
        Stream("bills", "Facturen per inwoner", "changes", version=2),
    )
    asks = "claims"
    fields = {"bills": RECORD_FIELDS}

    @classmethod
    def speaks(cls, url: str, http: requests.Session) -> bool:
        """Tell whether a page of bills comes back, on the usual path, about nobody."""
        path = str(Settings().fields["items_path"].load_default)
        query = {"$filter": "Customer eq '0'", "$top": "1", "$format": "json"}
        read_page(http.get(f"{url.rstrip('/')}{path}", params=query).content)
        return True

    def check(self) -> Iterator[CheckStep]:
        """Look whether the ledger answers both questions, and how it pages."""
        yield from (CheckStep(*step) for step in probe(self.settings["url"]))
        self._partners(TEST_BSN)
        yield CheckStep("Zakenpartners", True, "Het grootboek zoekt iemand op via het BSN.")
        query = self._query("0", "open")
        page = read_page(self._get(self._url("items_path"), {**query, "$top": "1"}))
        counted = "noemt het aantal" if page.total is not None else "noemt geen aantal"
        text = f"De facturen zijn leesbaar; het grootboek {counted}."
        yield CheckStep("Facturen", True, text)

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield one record per resident who may be asked about."""
        if stream != "bills":
            yield from super().read(stream, cursor)
            return
        records: list[Record] = []
        for person in self.context.people():
            if person.get("bsn"):
                records.append(self._record(str(person["bsn"])))
            if len(records) == BATCH:
                yield Batch(records)
                records = []
        yield Batch(records, caught_up=True)

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the facts of one resident's bills. Raises RecordError."""
        try:
            value = read_json(raw, "Het record")
        except PermanentError as error:
            raise RecordError("Het record is geen leesbare JSON") from error
        settings = self.settings
        return parse_person(
            value, self.context.owner, settings["transferred_to"], settings["claim_type"]
        )

    def _record(self, bsn: str) -> Record:
        key, numbers = self.context.pseudonym(bsn), self._partners(bsn)
        items = self._one_picture(numbers)
        if not items:
            return Record(key, b"", deleted=True)
        # The order of the answers says nothing, and must not make a difference.
        items.sort(key=lambda one: str(sorted(one.items(), key=str)))
        return Record.json(key, {"bsn": bsn, "partners": numbers, "items": items})

    def _one_picture(self, numbers: list[str]) -> list[dict[str, Any]]:
        """Return the documents of a person as they were together. Raises TransientError."""
        for left in reversed(range(TRIES)):
            try:
                items = [item for number in numbers for item in self._items(number)]
                require_one_picture(items)
            except Moved:
                if not left:
                    raise
            else:
                return items
        raise AssertionError("the last try returns or raises")

    def _items(self, partner: str) -> Iterator[dict[str, Any]]:
        url, size = self._url("items_path"), int(self.settings["page_size"])
        for state in STATES:
            yield from all_items(url, self._query(partner, state), size, self._get)

    def _query(self, partner: str, state: str) -> dict[str, str]:
        kinds = self.settings["part_types" if state == "parts" else "bill_types"].split(",")
        types = " or ".join(f"AccountingDocumentType eq '{one}'" for one in kinds)
        return {
            **dict([COUNTED[self.settings["odata_version"]]]),
            "$filter": f"Customer eq '{partner}' and {STATES[state]} and ({types})",
            "$select": ",".join(ITEM_FIELDS),
            # Pages by number are only whole when the order stays the same.
            "$orderby": "AccountingDocument asc,NetDueDate asc",
            "$format": "json",
        }

    def _partners(self, bsn: str) -> list[str]:
        # In the body: an address stands in logs.
        response = self.http.post(
            self._url("partner_path"), json={"BSN": bsn}, auth=self._account()
        )
        return partners(response.content, bsn)

    def _get(self, url: str, query: dict[str, str]) -> bytes:
        headers = {"Accept": "application/json"}
        response = self.http.get(
            url,
            params=query,
            headers=headers,
            auth=self._account(),
            allow_status={400, 501},  # type: ignore[call-arg]
        )
        if response.status_code >= 400:
            # The question is always the same: a service that does not take it is set up otherwise.
            raise ConfigError(
                f"Het grootboek begrijpt de vraag naar facturen niet (HTTP {response.status_code})."
                " De dienst kent een veld, een documentsoort of een teloptie niet. Controleer het "
                "pad van facturen, de documentsoorten en de versie van OData.",
                f"ledger refused the question: HTTP {response.status_code}",
            )
        return response.content

    def _account(self) -> tuple[str, str]:
        return self.settings["username"], self.settings["password"]

    def _url(self, path: str) -> str:
        return f"{self.settings['url'].rstrip('/')}/{self.settings[path].lstrip('/')}"
