"""Every connector that comes with the hub is held to the whole contract."""

from hub.testing import connector_suite
from plugins.clo.connector import CovenantConnector
from plugins.clo.simulator import CovenantTable
from plugins.debt_help.connector import DebtHelpConnector
from plugins.debt_help.simulator import DebtHelpSystem
from plugins.early_signals.connector import EarlySignalConnector
from plugins.early_signals.simulator import SignalSystem
from plugins.ledger.connector import LedgerConnector
from plugins.ledger.simulator import LedgerSystem
from plugins.messages.connector import MessageConnector
from plugins.messages.simulator import PostOffice
from plugins.schuldenknooppunt.connector import CreditorConnector, ExchangeConnector
from plugins.schuldenknooppunt.csv_connector import PortalConnector
from plugins.schuldenknooppunt.csv_simulator import Portal
from plugins.schuldenknooppunt.simulator import CreditorExchange, Exchange
from plugins.stuf_fin.connector import CollectionConnector
from plugins.stuf_fin.simulator import CollectionSystem
from plugins.tax.connector import TaxConnector
from plugins.tax.simulator import TaxOffice
from plugins.vish.connector import VishConnector
from plugins.vish.simulator import ReferralIndex
from plugins.zaken.connector import CaseConnector
from plugins.zaken.simulator import CaseOffice

TestCovenant = connector_suite(CovenantConnector, simulator=CovenantTable)
TestCollection = connector_suite(CollectionConnector, simulator=CollectionSystem)
TestDebtHelp = connector_suite(DebtHelpConnector, simulator=DebtHelpSystem)
TestEarlySignals = connector_suite(EarlySignalConnector, simulator=SignalSystem)
TestCreditor = connector_suite(CreditorConnector, simulator=CreditorExchange)
TestExchange = connector_suite(ExchangeConnector, simulator=Exchange)
TestMessages = connector_suite(MessageConnector, simulator=PostOffice)
TestLedger = connector_suite(LedgerConnector, simulator=LedgerSystem)
TestPortal = connector_suite(PortalConnector, simulator=Portal)
TestTax = connector_suite(TaxConnector, simulator=TaxOffice)
TestVish = connector_suite(VishConnector, simulator=ReferralIndex)
TestZaken = connector_suite(CaseConnector, simulator=CaseOffice)
