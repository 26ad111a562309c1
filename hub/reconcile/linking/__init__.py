"""Which claim a statement is about: by number, or else by what it says, with a score.

`numbers` cleans what a creditor calls a claim, `said` is a statement in the shape that the other
parts work on, `likeness` weighs what speaks for one debt, `groups` brings the statements of a
family together, `totals` knows a sum of several claims, `load` and `keep` read and write the
store, and `verdicts` is what people say of it. What comes of it depends on what stands, not on
the order in which it arrived.
"""
