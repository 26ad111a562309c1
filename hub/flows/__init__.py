"""Acting together: one decision of a person becomes commands to everybody who must know of it.

declared.py says which flows there are, plan.py what one would send now, life.py starts and stops
them (with a second pair of eyes where the municipality wants that), view.py shows how far they
came. Sending itself is the outbox's.
"""
