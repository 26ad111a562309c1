"""Every connector that comes with the hub is held to the whole contract."""

from hub.testing import connector_suite
from plugins.allegro.connector import AllegroConnector
from plugins.allegro.simulator import AllegroServer
from plugins.brp.connector import PopulationConnector
from plugins.brp.simulator import PopulationRegister
from plugins.ccbr.connector import GuardianshipConnector
from plugins.ccbr.simulator import GuardianshipRegister
from plugins.cir.connector import InsolvencyConnector
from plugins.cir.simulator import InsolvencyRegister
from plugins.clo.connector import CovenantConnector
from plugins.clo.hand import CovenantByHand
from plugins.clo.simulator import CovenantTable
from plugins.ddas_delivery.connector import DeliveryConnector
from plugins.ddas_delivery.simulator import delivery_settings
from plugins.debt_help.connector import DebtHelpConnector
from plugins.debt_help.simulator import DebtHelpSystem
from plugins.early_signals.connector import EarlySignalConnector
from plugins.early_signals.simulator import SignalSystem
from plugins.ledger.connector import LedgerConnector
from plugins.ledger.simulator import LedgerSystem
from plugins.manual.connector import ManualConnector
from plugins.mapped_files.connector import (
    MappedBenefit,
    MappedClaims,
    MappedHelp,
    MappedSignals,
)
from plugins.mapped_files.simulator import Exports
from plugins.messages.connector import MessageConnector
from plugins.messages.simulator import PostOffice
from plugins.payments.connector import PaymentsConnector
from plugins.payments.simulator import Bank
from plugins.schuldenknooppunt.connector import CreditorConnector, ExchangeConnector
from plugins.schuldenknooppunt.csv_connector import PortalConnector
from plugins.schuldenknooppunt.csv_simulator import Portal
from plugins.schuldenknooppunt.simulator import CreditorExchange, Exchange
from plugins.stuf_fin.connector import CollectionConnector
from plugins.stuf_fin.simulator import CollectionSystem
from plugins.tax.connector import TaxConnector
from plugins.tax.simulator import TaxOffice
from plugins.vish.connector import VishConnector
from plugins.vish.files import VishFiles
from plugins.vish.files_simulator import ReferralFolder
from plugins.vish.simulator import ReferralIndex
from plugins.waarborgfonds.connector import GuaranteeConnector
from plugins.waarborgfonds.simulator import Fund
from plugins.webis.connector import WebisConnector
from plugins.webis.simulator import FictitiousWebis
from plugins.zaken.connector import CaseConnector
from plugins.zaken.simulator import CaseOffice

TestAllegro = connector_suite(AllegroConnector, simulator=AllegroServer)
TestPopulation = connector_suite(PopulationConnector, simulator=PopulationRegister)
TestInsolvency = connector_suite(InsolvencyConnector, simulator=InsolvencyRegister)
TestCovenantByHand = connector_suite(CovenantByHand, {})
TestGuardianship = connector_suite(GuardianshipConnector, simulator=GuardianshipRegister)
TestCovenant = connector_suite(CovenantConnector, simulator=CovenantTable)
TestCollection = connector_suite(CollectionConnector, simulator=CollectionSystem)
TestDelivery = connector_suite(DeliveryConnector, delivery_settings)
TestDebtHelp = connector_suite(DebtHelpConnector, simulator=DebtHelpSystem)
TestEarlySignals = connector_suite(EarlySignalConnector, simulator=SignalSystem)
TestCreditor = connector_suite(CreditorConnector, simulator=CreditorExchange)
TestExchange = connector_suite(ExchangeConnector, simulator=Exchange)
TestManual = connector_suite(ManualConnector, {})
TestMappedBenefit = connector_suite(MappedBenefit, simulator=Exports)
TestMappedClaims = connector_suite(MappedClaims, simulator=Exports)
TestMappedHelp = connector_suite(MappedHelp, simulator=Exports)
TestMappedSignals = connector_suite(MappedSignals, simulator=Exports)
TestMessages = connector_suite(MessageConnector, simulator=PostOffice)
TestLedger = connector_suite(LedgerConnector, simulator=LedgerSystem)
TestPayments = connector_suite(PaymentsConnector, simulator=Bank)
TestPortal = connector_suite(PortalConnector, simulator=Portal)
TestTax = connector_suite(TaxConnector, simulator=TaxOffice)
TestVishFiles = connector_suite(VishFiles, simulator=ReferralFolder)
TestVish = connector_suite(VishConnector, simulator=ReferralIndex)
TestGuarantee = connector_suite(GuaranteeConnector, simulator=Fund)
TestWebis = connector_suite(WebisConnector, simulator=FictitiousWebis)
TestZaken = connector_suite(CaseConnector, simulator=CaseOffice)
