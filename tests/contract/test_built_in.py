"""Every connector that comes with the hub is held to the whole contract."""

from hub.testing import connector_suite
from plugins.clo.connector import CovenantConnector
from plugins.clo.simulator import CovenantTable
from plugins.debt_help.connector import DebtHelpConnector
from plugins.debt_help.simulator import DebtHelpSystem
from plugins.manual.connector import ManualConnector
from plugins.schuldenknooppunt.connector import ExchangeConnector
from plugins.schuldenknooppunt.simulator import Exchange
from plugins.tax.connector import TaxConnector
from plugins.tax.simulator import TaxOffice
from plugins.vish.connector import VishConnector
from plugins.vish.simulator import ReferralIndex

TestCovenant = connector_suite(CovenantConnector, simulator=CovenantTable)
TestDebtHelp = connector_suite(DebtHelpConnector, simulator=DebtHelpSystem)
TestExchange = connector_suite(ExchangeConnector, simulator=Exchange)
TestManual = connector_suite(ManualConnector, {})
TestTax = connector_suite(TaxConnector, simulator=TaxOffice)
TestVish = connector_suite(VishConnector, simulator=ReferralIndex)
