"""Every element that may stand in an answer or a status message (schemas 1.00.03).

What is not here is told once per run, so that a newer schema is noticed.
"""

from __future__ import annotations

_HEADER = """stuurgegevens berichtcode zender ontvanger organisatie applicatie administratie
    gebruiker referentienummer tijdstipBericht crossRefnummer entiteittype functie"""

_STATUS = """vorderingnummer tsa vorderingstatus totaalBetaald deelBedragBetaald opmerkingen status
    datumEnTijd tijdvakGeldigheid tijdstipRegistratie tijdvakRelatie beginGeldigheid eindGeldigheid
    beginRelatie eindRelatie extraElementen extraElement heeftAlsVorderendeOrganisatie gerelateerde
    object"""

_CLAIM = """factuurnummer creatiedatum factuurdatum vervaldatum indicatorFactuurUitgestuurd
    algemeneFactuuromschrijving valutacode totaalbedragExclBTW totaalbedragBTW totaalbedragInclBTW
    taaknummer indicatorPubliekrechtelijk vorderingsregel bedragExclBTW bedragInclBTW bedragBTW
    btwCategorie btwPercentage vorderingtype vorderingcode vorderingtoelichting
    vorderingomschrijving aantal eenheid stuksPrijsExclBTW totaalregelsBTW BTWcategorie
    automatischeIncasso machtigingskenmerk afgiftedatumIncasso rekeningnummer bic
    invorderingsSchema invorderingsregime termijn datum termijnbedrag
    wordtBetaaldDoorNatuurlijkPersoonAlsDebiteur wordtBetaaldDoorNietNatuurlijkPersoonAlsDebiteur
    debiteurnummer isOntstaanInZaak identificatie heeftBetrekkingOpVordering
    isOpgelegdDoorOrganisatischeEenheid naam naamVerkort omschrijving toelichting"""

_PERSON = """inp.bsn authentiek anp.identificatie inp.a-nummer geslachtsnaam
    voorvoegselGeslachtsnaam voorletters voornamen aanduidingNaamgebruik geslachtsnaamPartner
    voorvoegselGeslachtsnaamPartner aanhefAanschrijving voornamenAanschrijving
    geslachtsnaamAanschrijving adellijkeTitelPredikaat geslachtsaanduiding geboortedatum
    overlijdensdatum verblijfsadres sub.verblijfBuitenland sub.correspondentieAdres
    sub.telefoonnummer sub.faxnummer sub.emailadres sub.url sub.rekeningnummerBankGiro
    aoa.identificatie wpl.identificatie wpl.woonplaatsNaam gor.identificatie
    gor.openbareRuimteNaam gor.straatnaam aoa.postcode aoa.huisnummer aoa.huisletter
    aoa.huisnummertoevoeging inp.locatiebeschrijving inp.indicatieGeheim
    inp.datumOpschortingBijhouding inp.redenOpschortingBijhouding ing.indicatieCurateleRegister"""

_ORGANISATION = """inn.nnpId ann.identificatie statutaireNaam inn.rechtsvorm datumAanvang datumEinde
    sub.typering bezoekadres"""

CLAIM_FIELDS = frozenset(f"{_HEADER} {_STATUS} {_CLAIM} {_PERSON} {_ORGANISATION}".split()) | {
    "vrdLa01",
    "parameters",
    "melding",
    "antwoord",
}

STATUS_FIELDS = frozenset(f"{_HEADER} {_STATUS} {_ORGANISATION}".split()) | {
    "Di01-verstrekVorderingStatusWijziging",
    "vrdLk01",
    "parameters",
    "mutatiesoort",
    "indicatorOvername",
    "authentiek",
}
