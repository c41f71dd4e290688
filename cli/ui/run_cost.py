"""What a run costs, by attempt."""

from werkzeug.wrappers import Request, Response

from cli.screen.cost_tables import run_cost_rows
from cli.ui.frame import Ui, whole
from cli.ui.run_page import tabbed
from seqstack.domain.quantities import count_text
from seqstack.report.html import Content, element, table


def run_cost(ui: Ui, _request: Request, run_id: str) -> Response:
    """Hosts, usage and cost of a run's attempts."""
    run = ui.session.api.get_run(run_id)
    rows = run_cost_rows(run)
    cells: list[list[Content]] = [list(row.values()) for row in rows]
    unpriced = run["unpricedAttempts"]
    notes: list[Content] = [
        element("p", f"Left out: {count_text(unpriced, 'attempt')} with an unknown price.")
        if unpriced
        else None,
        None
        if run["costIsComplete"]
        else element("p", "Not complete: amounts are known minutes after a job's end."),
    ]
    made = table("Every attempt, in US dollars", list(rows[0]), cells)
    made.set("class", "scroll costs")
    return whole(ui, tabbed(run, "cost", [*notes, made]))
