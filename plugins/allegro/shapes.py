"""The types of Allegro's WSDLs that are used here: names, order and what stands in each field.

Fields stand in the order of the WSDL, which is a sequence. Read in any order: Amsterdam's own
client had to be told not to mind it, nor that a field is absent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

#: xs:int, xs:string, xs:boolean, xs:double (euros) and xs:dateTime.
Kind = Literal["int", "text", "flag", "amount", "moment"]


class Array:
    """A list: an element that holds items of one name."""

    def __init__(self, item: str, shape: Shape) -> None:
        self.item = item
        self.shape = shape


Shape = dict[str, "Kind | Shape | Array"]

_COLLECTORS: Shape = {
    "CodeIncasso": "int",
    "NaamIncasso": "text",
    "ReferentieIncasso": "text",
    "CodeDeurwaarder": "int",
    "NaamDeurwaarder": "text",
    "ReferentieDeurwaarder": "text",
}
_CREDITOR: Shape = {
    "RelatieCode": "int",
    "Volgnummer": "int",
    "CodeEiser": "int",
    "NaamEiser": "text",
    "UniekVolgnummer": "int",
    "Referentie": "text",
}

REQUEST_HEADER: Shape = {
    "RelatieCode": "int",
    "Volgnummer": "int",
    "IsNPS": "flag",
    "Status": "text",
    "Statustekst": "text",
    "Aanvraagdatum": "moment",
    "ExtraStatus": "text",
}

#: A request for a debt arrangement (TSRVAanvraag).
REQUEST: Shape = {
    "InfoHeader": REQUEST_HEADER,
    "Startdatum": "moment",
    "Einddatum": "moment",
    "Eindstatus": "text",
    "Medewerker": "text",
    "Opdrachtgever": "int",
    "OpdrachtgeverContact": "int",
    "VTLB": "amount",
    "DatumBerekening": "moment",
    "BrutoAfloscapaciteit": "amount",
    "KostenFinancieelBeheer": "amount",
    "KostenSchuldhulpverlening": "amount",
    "NettoAfloscapaciteit": "amount",
    "TotaalAangemeldeSchuld": "amount",
    "TotaalTeruggemeldeSchuld": "amount",
    "PartnerCode": "int",
    "Aanvraagdatum": "moment",
    "RedenOpschorting": "text",
    "ExtraInleg": "amount",
}
REQUEST_CREDITOR: Shape = {
    **_CREDITOR,
    "AangemeldBedrag": "amount",
    "TeruggemeldBedrag": "amount",
    "PrognoseVoorstel": "amount",
    "TerugmeldingVoorstel": "text",
    "DatumTerugmeldingVoorstel": "moment",
    "IndicatieOpgaaf": "text",
    "IndicatieVoorstel": "text",
    "IndicatieSK": "flag",
    **_COLLECTORS,
}
REQUEST_CREDITORS: Shape = {
    "Eisers": Array("TSRVEiser", REQUEST_CREDITOR),
    "SomAangemeldBedrag": "amount",
    "SomTeruggemeldBedrag": "amount",
    "SomBerekendBedrag": "amount",
}

MEDIATION_HEADER: Shape = {"RelatieCode": "int", "Volgnummer": "int", "IsNPS": "flag"}

#: A running debt mediation (TSB).
MEDIATION: Shape = {
    "InfoHeader": MEDIATION_HEADER,
    "Medewerker": "text",
    "Opdrachtgever": "int",
    "OpdrachtgeverContact": "int",
    "Startdatum": "moment",
    "StartdatumEersteBetaling": "moment",
    "TheoEinddatum": "moment",
    "TotaalAantalMaanden": "int",
    "TotaalAantalMaandenVerstreken": "int",
    "TotaalAantalMaandenResterend": "int",
    "VTLB": "amount",
    "DatumBerekening": "moment",
    "BrutoAflosCapaciteitMaand": "amount",
    "KostenFinancieelBeheerMaand": "amount",
    "KostenSchuldhulpverleningMaand": "amount",
    "NettoAflosCapaciteitMaand": "amount",
    "DatumOverzicht": "moment",
    "PartnerCode": "int",
    "TotaalSchuldbedrag": "amount",
    "MaximumKosten": "amount",
    "BetaaldeKosten": "amount",
    "DatumLaatsteBetaling": "moment",
    "BedragLaatsteBetaling": "amount",
}
MEDIATION_CREDITOR: Shape = {
    **_CREDITOR,
    "TeruggemeldBedrag": "amount",
    "BerekendBedrag": "amount",
    "GereserveerdBedrag": "amount",
    "DoorbetaaldBedrag": "amount",
    "PrognoseRestschuld": "amount",
    **_COLLECTORS,
}
MEDIATION_CREDITORS: Shape = {
    "Eisers": Array("TSBEiser", MEDIATION_CREDITOR),
    "SomTeruggemeldBedrag": "amount",
    "SomBerekendBedrag": "amount",
    "SomGereserveerdBedrag": "amount",
    "SomDoorbetaaldBedrag": "amount",
    "SomPrognoseRestschuld": "amount",
}

USER: Shape = {
    "SessionID": "text",
    "UserID": "text",
    "Privileges": Array("string", {}),
    "Attributes": Array("anyType", {}),
    "UserData": "text",
    "LoginType": "text",
    "RelatieCode": "int",
    "Naam": "text",
    "LaatsteLogin": "moment",
    "Autorisaties": "text",
    "ExtraInfo": "int",
    "ExtraInfoOmschrijving": "text",
    "WachtwoordWijzigen": "flag",
}

_REMARK: Shape = {"ExtraInfo": "int", "ExtraInfoOmschrijving": "text"}

#: Somebody's number at one of the companies that share an Allegro.
RELATION: Shape = {"Relatiecode": "int", "Bedrijfscode": "int", "Bedrijfsnaam": "text"}

#: By operation: its service, what is asked and what is answered.
OPERATIONS: dict[str, tuple[str, Shape, Shape]] = {
    "AllegroWebLogin": (
        "LoginService",
        {"aUsername": "text", "aPassword": "text"},
        {"Result": "flag", "aUserInfo": USER},
    ),
    "BSNNaarRelatie": ("LoginService", {"BSN": "int"}, {"Result": "int", **_REMARK}),
    "BSNNaarRelatieMetBedrijf": (
        "LoginService",
        {"BSN": "int"},
        {"Result": Array("TRelatiecodeBedrijfcode", RELATION), **_REMARK},
    ),
    "GetSRVOverzicht": (
        "SchuldHulpService",
        {"aRelatieCode": "int"},
        {"Result": Array("TSRVAanvraagHeader", REQUEST_HEADER)},
    ),
    "GetSRVAanvraag": ("SchuldHulpService", {"aHeader": REQUEST_HEADER}, {"Result": REQUEST}),
    "GetSRVEisers": (
        "SchuldHulpService",
        {"aHeader": REQUEST_HEADER},
        {"Result": REQUEST_CREDITORS},
    ),
    "GetSBOverzicht": (
        "SchuldHulpService",
        {"aRelatieCode": "int"},
        {"Result": Array("TSBHeader", MEDIATION_HEADER)},
    ),
    "GetSB": ("SchuldHulpService", {"aHeader": MEDIATION_HEADER}, {"Result": MEDIATION}),
    "GetSBEisers": (
        "SchuldHulpService",
        {"aHeader": MEDIATION_HEADER},
        {"Result": MEDIATION_CREDITORS},
    ),
}


def names(shape: Shape) -> Iterator[str]:
    """Yield every name in a shape."""
    for name, inner in shape.items():
        yield name
        if isinstance(inner, dict):
            yield from names(inner)
        elif isinstance(inner, Array):
            yield inner.item
            yield from names(inner.shape)
