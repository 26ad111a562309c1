"""A source that is silent makes every overview incomplete."""

from __future__ import annotations

from hub.reconcile.engine import Rule
from hub.sync.health import health_query, is_silent

RULES = [
    Rule(
        id="bron_stil",
        title="Bron zwijgt",
        sentence="Van {title} ({stream}) is sinds {heard_at} niets volledigs ontvangen.",
        advice="Kijk bij de bron wat er mis is. Tot die tijd zijn totalen een ondergrens.",
        source="Ontwerpregel van de hub: een mislukte lezing is nooit 'geen schulden'",
        severity=3,
        owner="administrator",
        groups=frozenset(),
        query=lambda scope: health_query(scope.municipality),
        key=lambda facts: str(facts["stream"] or ""),
        keep=lambda row, scope: is_silent(row, scope.now),
        about=lambda facts: f"source:{facts['source']}",
    )
]
