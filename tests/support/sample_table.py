"""A pytest plugin: after the run, a table of the tested sample events.

A test records its row by `record_property(*row(…))`, in a worker of pytest-xdist, too.
"""

from io import StringIO

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.support.sample_events import SampleEvent

_PROPERTY = "sample event"
_WIDTH = 120

type Row = tuple[str, tuple[str, str, str, str, float]]


def row(event: SampleEvent, outcome: str, seconds: float, way: str) -> Row:
    """The property of one event: its result, duration and method."""
    return _PROPERTY, (event.folder, event.name, way, outcome, seconds)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the rows, if there are any."""
    table = Table(title="Sample events", title_justify="left")
    for heading in ("function or machine", "event", "by", "outcome"):
        table.add_column(heading)
    table.add_column("ms", justify="right")
    for report in sorted(_reports(terminalreporter), key=lambda report: report.nodeid):
        for name, value in report.user_properties:
            if name == _PROPERTY:
                folder, event, way, outcome, seconds = value
                ended = Text(outcome) if report.passed else Text(f"{outcome}: not expected", "red")
                table.add_row(folder, event, way, ended, f"{seconds * 1000:,.0f}")
    if table.row_count:
        text = StringIO()
        Console(file=text, width=_WIDTH, force_terminal=terminalreporter.hasmarkup).print(table)
        terminalreporter.write_line(text.getvalue())


def _reports(reporter: pytest.TerminalReporter) -> list[pytest.TestReport]:
    return [
        report
        for outcome in ("passed", "failed")
        for report in reporter.getreports(outcome)
        if report.when == "call"
    ]
