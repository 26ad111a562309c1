"""Every element that ISO 20022 lets stand in an entry, in any published version of camt.05x."""

from __future__ import annotations

_NAMES = """
AccptncDtTm AcctOwnrTxId AcctSvcrRef AcctSvcrTxId ActlDt AddtlCardData AddtlInf AddtlInfInd
AddtlNtryInf AddtlPdctInf AddtlRmtInf AddtlRtrRsnInf AddtlSvc AddtlTxInf AdjstmntAmtAndRsn
AdmstnZn AdmstnZone Adr AdrLine AdrTp Aggtd AggtdNtry Agt AlnRegnNb Amt AmtDtls AmtsdVal
AnncdPstngAmt AnyBIC ApprvlNb AttndncCntxt AttndntLang AttndntMsgCpbl AuthntcnMtd AuthntcnNtty
Authstn Avlbty BBAN BEI BIC BICFI BICOrBEI BdryAmt BirthDt BkPtyId BkTxCd BldgNb BldgNm BookgDt
Br BrnchId Btch CSCMgmt CSCVal Card CardBrnd CardCtryCd CardDataNtryMd CardPres CardRdngCpblties
CardSctyCd CardSeqNb CardTx Ccy CcyXchg Cd CdOrPrtry CdtDbtInd CdtNoteAmt Cdtr CdtrAcct CdtrAgt
CdtrRef CdtrRefInf CdtrRefTp CdtrTaxId CdtrTaxTp CertId ChanlTp ChqNb ChrgInclInd Chrgs
CityOfBirth ClrSysId ClrSysMmbId ClrSysRef CmbndId Cmpnt CntrValAmt ComssnWvrInd CorpActn
Cpblties CrdhldrPres CrdhldrVrfctnCpblties CshDpst CstmrNb CtctDtls Ctgy CtgyDesc CtgyDtls
CtrctId Ctry CtryOfBirth CtryOfRes CtrySubDvsn DUNS Dbtr DbtrAcct DbtrAgt DbtrSts DbtrTaxId
DealPric Dept Desc DispCpblties DispTp DlvrgAgt Domn DrvrsLicNb DscntApldAmt DstrctNm Dt
DtAndPlcOfBirth DtTm Dtls DuePyblAmt EANGLN EQAmt ElctrncAdr EmailAdr EmailPurp EndDt EndToEndId
Envlp EvtId EvtTp FaceAmt FaxNb FctvDt FinInstnId FinInstrmId FllbckInd Flr Fmly
FmlyMdclInsrncInd FrAmt FrDt FrDtTm FrToAmt FrToDt FrmsCd FrstTx Grnshee GrnshmtAdmstr
GrnshmtRmt GrpId IBAN IBEI ICCRltdData ISIN Id IdTp IdntyCardNb Incl Indv InitgPty InstdAgt
InstdAmt InstgAgt InstrId IntrBkSttlmDt IntrmyAgt1 IntrmyAgt2 IntrmyAgt3 Intrst Invcee Invcr
IssgAgt Issr JobTitl LEI LastTx LclInstrm LineDtls LineWidth ManfctrId Mdl MktInfrstrctrTxId
MmbId MndtId MobNb MplyeeTermntnInd MplyrIdNb MsgId MsgNmId Mtd NEQAmt Nb NbOfDays NbOfLines
NbOfNotes NbOfTxs Nm NmAndAdr NmPrfx NoteDnmtn Ntry NtryDtls NtryRef OnLineCntxt OnLineCpblties
OrgId OrgnlAndCurFaceAmt OrgnlBkTxCd Orgtr Othr OthrId PAN POI POICmpntTp Pctg PctgRate Pdct
PdctAmt PdctCd PdctQty PhneNb PlainCardData PlcAndNm PmtCntxt PmtInfId PrcgId Prd PrePdAcct
PrefrdMtd Pric PrtLineWidth Prtry PrtryAcct PrtryAmt PrtryCd PrtryId PrvcOfBirth PrvtId Prxy
PsptNb PstBx PstCd PstlAdr Pty Purp QtnDt Qty Rate Rcrd RcvgAgt RePresntmntRsn Ref RefNb Refs
RegnId RfrdDocAmt RfrdDocInf RfrdDocNb RfrdDocRltdDt RfrdDocTp RltdAgts RltdDt RltdDts RltdPric
RltdPties RltdQties RltdRmtInf RmtId RmtInf RmtLctnDtls RmtLctnElctrncAdr RmtLctnMtd
RmtLctnPstlAdr RmtdAmt Room Rsn Rspnsblty RtrInf RtrOrgtr RtrRsn RvslInd SaleRcncltnId SaleRefNb
SchmeNm SclSctyNb SeqNb SeqNbRg SfkpgAcct Sfx ShrtNm SplmtryData SrcCcy SrlNb StartDt Strd
StrtNm Sts SttlmPlc SubDept SubFmlyCd SvcCd SysNm Tax TaxAmt TaxDt TaxId TaxIdNb TaxRefNb TaxRmt
TaxTp TaxTpInf TaxblBaseAmt TechInptChanl Titl ToAmt ToDt ToDtTm Tp TradActvtyCtrctlSttlmDt
TradDt TradgPty TrckData TrckNb TrckVal TrgtCcy TtlAmt TtlChrgsAndTaxAmt TtlIntrstAndTaxAmt
TtlTaxAmt TtlTaxblBaseAmt TwnLctnNm TwnNm Tx TxAmt TxChanl TxCtgy TxDtRg TxDtTm TxDtls TxEnvt
TxId TxRef TxtlRate UETR UPIC USCHU UltmtCdtr UltmtDbtr Unit UnitCcy UnitOfMeasr UnitPric Ustrd
Val ValDt ValTp VldtnDt VldtnSeqNb VldtyRg VrsnNb XchgRate XpryDt Yldd Yr boeking
"""

#: What is not among these is told once per run; what is, may be of no use to us.
NAMES = frozenset(_NAMES.split())
