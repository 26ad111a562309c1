"""The slot for Webis: a folder or an address, and a mapping, all three to be filled in."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from hub.connector import ConfigSchema, setting
from hub.mapping import Files, Folder, MappedConnector, Rest
from hub.mapping.source import mapping_setting, pattern_rule

_NEEDED = {"folder": "folder", "rest": "url"}


class WebisConfig(ConfigSchema):
    """The settings: how a file reaches us, and what stands in it."""

    transport = setting(
        fields.String,
        "Manier van leveren",
        "Kies folder als er bestanden in een map komen. Kies rest als een adres het bestand geeft.",
        validate=validate.OneOf(["folder", "rest"], error="Kies folder of rest."),
    )
    folder = setting(
        fields.String,
        "Map",
        "Alleen bij folder: de map op deze server waarin de bestanden komen.",
        load_default="",
    )
    pattern = setting(
        fields.String,
        "Bestandsnaam",
        "Alleen bij folder: welke bestanden meetellen, zoals *.csv.",
        load_default="*",
        validate=pattern_rule,
    )
    url = setting(
        fields.String,
        "Adres",
        "Alleen bij rest: het adres dat het bestand geeft, zoals https://webis.example/export.",
        load_default="",
        validate=validate.Regexp(
            r"(https?://\S+)?\Z", error="Vul een adres in dat begint met https://."
        ),
    )
    token = setting(
        fields.String,
        "Token",
        "Alleen bij rest: het token dat de leverancier gaf.",
        secret=True,
        load_default="",
    )
    mapping = mapping_setting()

    @validates_schema
    def _complete(self, data: dict[str, Any], **kwargs: Any) -> None:
        name = _NEEDED[data["transport"]]
        if not data[name]:
            raise ValidationError(
                {name: [f"Vul dit in bij de manier van leveren {data['transport']}."]}
            )


class WebisConnector(MappedConnector):
    """Claims out of Webis, in whatever form the municipality gets them."""

    name = "webis"
    title = "Webis"
    role = "creditor"
    config = WebisConfig
    caution = (
        "Over Webis is niets openbaar. Deze koppeling weet niet hoe het systeem gegevens geeft: "
        "vraag het de leverancier, vul de vertaling in en zet de bron pas daarna aan."
    )

    def open_files(self) -> Files:
        """Return the folder or the address."""
        if self.settings["transport"] == "folder":
            return Folder(self.settings["folder"], self.settings["pattern"])
        return Rest(self.settings["url"], self.settings["token"], self.context)
