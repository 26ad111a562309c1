"""For machines: does the process live, can it work, and how are things going.

`/metrics` tells how much data a municipality holds and which sources fail, so it asks for the
token of the setting `metrics_token`. Without that setting it does not exist, for loopback
neither: behind a proxy everybody comes from there.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from flask import Blueprint, Response, abort, request
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from hub.core import Hub
from hub.overview.metrics import METRICS
from hub.overview.ready import unready
from hub.web.access import MACHINES, only, the_hub

blueprint = Blueprint("operations", __name__)


@blueprint.route("/health")
@only(MACHINES)
def health() -> dict[str, bool]:
    """Answer, as proof that the process lives. The store is not touched."""
    return {"alive": True}


@blueprint.route("/ready")
@only(MACHINES)
def ready() -> tuple[dict[str, bool | str], int]:
    """Tell whether this process can work; 503 with one word for what is wrong when not."""
    reason = unready(the_hub())
    return ({"ready": False, "reason": reason}, 503) if reason else ({"ready": True}, 200)


@blueprint.route("/metrics")
@only(MACHINES)
def metrics() -> Response:
    """Tell how the hub is doing, in the text format of Prometheus."""
    _require_token(the_hub().settings.metrics_token)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Store(the_hub()))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _require_token(token: str) -> None:
    if not token:
        abort(404)
    told = request.headers.get("Authorization", "")
    if not hmac.compare_digest(told.encode(), f"Bearer {token}".encode()):
        abort(Response("", 401, {"WWW-Authenticate": "Bearer"}))


class _Store(Collector):
    """Measures the store at the moment it is asked, all metrics at one moment."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def collect(self) -> Iterator[Family]:
        with self.hub.reader.begin() as connection:
            for one in METRICS:
                kind = CounterMetricFamily if one.grows else GaugeMetricFamily
                family = kind(one.name, one.help, labels=one.labels)
                for labels, value in one.samples(connection, self.hub):
                    family.add_metric(labels, value)
                yield family
