"""Examples of the rules about the clocks of debt help, covenant and exchange."""

from __future__ import annotations

from datetime import date

from chain import case, day, days, hold, message

from examples import Example, asked, balance, claim, fact, proposal, signal, talk

CLOCKS = [
    Example("gesprek_te_laat", "29 days since the start", ("gesprek",), file=(talk(-29),)),
    Example("gesprek_te_laat", "four weeks end today", file=(talk(-28),)),
    Example("gesprek_te_laat", "the talk was held", file=(talk(-60, -40),)),
    Example(
        "besluit_te_laat",
        "57 days since the talk",
        ("besluit",),
        file=(talk(-80, -57, phase="intake"),),
    ),
    Example("besluit_te_laat", "eight weeks end today", file=(talk(-80, -56, phase="intake"),)),
    Example(
        "besluit_te_laat", "the plan is made", file=(talk(-80, -57, -5, phase="plan_van_aanpak"),)
    ),
    Example("signaal_niet_opgepakt", "29 days old", ("S1",), file=(signal(-29),)),
    Example("signaal_niet_opgepakt", "four weeks end today", file=(signal(-28),)),
    Example(
        "signaal_niet_opgepakt",
        "it was taken up",
        file=(signal(-60), fact("signal_case", "Z", reference="Z", taken_up_on=days(-50))),
    ),
    Example(
        "signaal_niet_opgepakt",
        "an earlier signal was taken up, this one not",
        ("S1",),
        file=(signal(-60), fact("signal_case", "Z", reference="Z", taken_up_on=days(-70))),
    ),
    Example(
        "crisis_niet_opgepakt",
        "Tuesday to Monday: three working days ended on Friday",
        ("S1",),
        file=(signal(-6, crisis=True),),
    ),
    Example(
        "crisis_niet_opgepakt",
        "Wednesday to Monday: the third working day is today",
        file=(signal(-5, crisis=True),),
    ),
    Example("crisis_niet_opgepakt", "no threatening situation", file=(signal(-6),)),
    Example("signaal_tijdens_hulp", "help ran already", ("S1",), file=(signal(-10), case())),
    Example(
        "signaal_tijdens_hulp", "help began after it", file=(signal(-10), case(starts=-5, plan=-1))
    ),
]

AGREEMENTS = [
    Example(
        "saldo_convenant_voorbij",
        "notice on Friday 30 October: 15 working days ended on 20 November",
        ("stad:2026-10-30",),
        skp=(message("notice", date(2026, 10, 30)),),
    ),
    Example(
        "saldo_convenant_voorbij",
        "notice on Monday 2 November: the term ends today",
        skp=(message("notice", date(2026, 11, 2)),),
    ),
    Example(
        "saldo_convenant_voorbij",
        "a balance was asked for: the exchange's own term counts",
        skp=(message("notice", date(2026, 10, 30)), asked(-24)),
    ),
    Example(
        "saldo_te_geven",
        "asked Friday 6 November: ten working days ended on the 20th",
        ("Q",),
        skp=(asked(-17, "in"),),
    ),
    Example("saldo_te_geven", "asked on the 9th: the term ends today", skp=(asked(-14, "in"),)),
    Example("saldo_te_geven", "we answered", skp=(asked(-17, "in"), balance(-3, direction="out"))),
    Example(
        "voorstel_blijft_uit",
        "121 days after the last balance",
        ("voorstel",),
        file=(case(),),
        skp=(asked(-130), balance(-121)),
    ),
    Example(
        "voorstel_blijft_uit",
        "120 days after the last balance",
        file=(case(),),
        skp=(asked(-130), balance(-120)),
    ),
    Example(
        "voorstel_blijft_uit",
        "a proposal was sent",
        file=(case(),),
        skp=(asked(-130), balance(-121), proposal(-10)),
    ),
    Example(
        "voorstel_te_laat",
        "241 days after the last balance",
        ("voorstel",),
        file=(case(starts=-300),),
        skp=(asked(-250), balance(-241)),
    ),
    Example(
        "voorstel_te_laat",
        "240 days: still within the last term",
        file=(case(starts=-300),),
        skp=(asked(-250), balance(-240)),
    ),
    Example(
        "voorstel_onbeantwoord",
        "proposed on Friday 30 October",
        (f"stad:{days(-24)}",),
        skp=(proposal(-24),),
    ),
    Example("voorstel_onbeantwoord", "proposed on Monday 2 November", skp=(proposal(-21),)),
    Example(
        "voorstel_onbeantwoord",
        "refused",
        skp=(proposal(-24), proposal(-10, "geweigerd", "in")),
    ),
    Example(
        "pauze_loopt_af",
        "ends in two weeks",
        ("stad:P0",),
        tax=(hold(ends=14),),
        file=(case(),),
    ),
    Example("pauze_loopt_af", "ends in 15 days", tax=(hold(ends=15),), file=(case(),)),
    Example("pauze_loopt_af", "help has ended", tax=(hold(ends=14),)),
    Example(
        "incasso_na_akkoord",
        "agreed, and a writ after it",
        ("A1-1",),
        tax=(claim(("dwangbevel", day(-10))),),
        skp=(proposal(-20, "akkoord", "in"),),
    ),
    Example(
        "incasso_na_akkoord",
        "known at the exchange by another id",
        ("A1-1",),
        tax=(claim(("dwangbevel", day(-10))),),
        skp=(proposal(-20, "akkoord", "in", party="skp-stad"),),
    ),
    Example(
        "incasso_na_akkoord",
        "the writ came first",
        tax=(claim(("dwangbevel", day(-30))),),
        skp=(proposal(-20, "akkoord", "in"),),
    ),
]
