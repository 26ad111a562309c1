"""Evaluate: how well the hub finds who is who and which debt is which, where the truth is known.

town        a synthetic municipality with relatives, namesakes, twins, flats and common names
strangers   how other registers tell of its people without BSN, and of people it does not know
statements  how others tell of claims: numbers mistyped or missing, amounts rounded, handed over
books       the in-process registers that deliver both
measure     what the hub made of it against the truth
run         the whole of it in an instance of its own
report      the outcome beside the required limits
"""
