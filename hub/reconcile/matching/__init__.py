"""Matching: which resident a person without BSN is, by likeness (Splink on DuckDB).

features    what a description is compared on
settings    what is compared and in which degrees; data that training changes
splinked    Splink at work
people      who is compared with whom
model       the model of a municipality, with a version
decide      from likeness to: link, ask a person, or nobody found
strangers   the pass over the people without BSN, and what it writes
verdicts    what a person says, which no run overrules
limits      from which chance the hub links or asks, and what another choice would do
"""
