"""For the administrator: deciding on held deliveries, replaying rejects, stopping a run."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.errors import ConfigError
from hub.overview.sources import run_detail
from hub.reconcile import reconcile
from hub.sync.cancel import cancel_run
from hub.sync.held import refuse, release
from hub.sync.rejects import open_ids, preview, replay
from hub.sync.sources import Source, find_source
from hub.web.access import me, only, the_hub

blueprint = Blueprint("repair", __name__, url_prefix="/beheer")

#: A preview of more than this many rejects would be a page that nobody reads.
MOST_SHOWN = 200


@blueprint.route("/runs/<int:run_id>/besluit", methods=["POST"])
@only("administrator")
def decide(run_id: int) -> Response:
    """Release or refuse what a held run lacks."""
    hub, by = the_hub(), me().name
    _own_run(run_id)
    if request.form.get("besluit") == "vrijgeven":
        count = release(hub, run_id, by)
        reconcile(hub)
        flash(f"Vrijgegeven: {count} records zijn verwijderd.")
    else:
        refuse(hub, run_id, by)
        flash("Geweigerd: er is niets verwijderd. Vraag de bron om een volledige levering.")
    return redirect(url_for("admin.run", run_id=run_id))


@blueprint.route("/runs/<int:run_id>/stoppen", methods=["POST"])
@only("administrator")
def stop(run_id: int) -> Response:
    """Ask a run to stop."""
    _own_run(run_id)
    cancel_run(the_hub(), run_id)
    flash("De synchronisatie stopt binnen enkele seconden.")
    return redirect(url_for("admin.run", run_id=run_id))


@blueprint.route("/bronnen/<name>/afgekeurd", methods=["POST"])
@only("administrator")
def rejects(name: str) -> str:
    """Show what replaying the chosen rejects would come to, without changing anything."""
    source = find_source(the_hub(), name)
    ids = _chosen(source)
    told = preview(the_hub(), source, ids[:MOST_SHOWN])
    return render_template("replay.html", source=source, told=told, ids=ids)


@blueprint.route("/bronnen/<name>/opnieuw", methods=["POST"])
@only("administrator")
def again(name: str) -> Response:
    """Replay the chosen rejects."""
    hub, source = the_hub(), find_source(the_hub(), name)
    told = replay(hub, source, _chosen(source))
    reconcile(hub)
    good = sum(not one.problems for one in told)
    flash(f"{good} verwerkt, {len(told) - good} nog steeds afgekeurd.")
    return redirect(url_for("admin.source", name=name))


def _chosen(source: Source) -> list[int]:
    """Return the rejects that the form named, or all that wait. Raises ConfigError for none."""
    waiting = open_ids(the_hub(), source)
    if "alles" in request.form:
        return waiting
    named = set(request.form.getlist("id"))
    chosen = [id_ for id_ in waiting if str(id_) in named]
    if not chosen:
        raise ConfigError("Kies ten minste één afgekeurd record dat nog wacht.")
    return chosen


def _own_run(run_id: int) -> None:
    hub = the_hub()
    with hub.reader.connect() as connection:
        if run_detail(connection, hub, run_id) is None:
            raise ConfigError("Deze synchronisatie bestaat niet.")
