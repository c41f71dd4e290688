"""`seqstack doctor`: check everything that runs need."""

from collections.abc import Container, Iterator
from dataclasses import asdict

import typer
from rich.console import Console
from rich.text import Text

from cli.doctor.account import look_at_account, look_at_api, look_at_dead_letters, look_at_stack
from cli.doctor.checks import Check, Health, Look, checked
from cli.doctor.images import look_at_images
from cli.doctor.queues import look_at_queues
from cli.doctor.quotas import look_at_quotas
from cli.errors import ExitCode
from cli.output import print_json
from cli.session import Session, session_of

_MARKS = {
    Health.OK: ("✓", "green"),
    Health.WARNING: ("!", "yellow"),
    Health.FAILED: ("✗", "bold red"),
    Health.SKIPPED: ("-", "dim"),
}
# The other checks need the first two.
_NEEDED: dict[str, Look] = {"account": look_at_account, "stack": look_at_stack}
_OTHERS: dict[str, Look] = {
    "api": look_at_api,
    "queue": look_at_queues,
    "images": look_at_images,
    "quotas": look_at_quotas,
    "events": look_at_dead_letters,
}


def doctor(context: typer.Context) -> None:
    """Check everything that runs need.

    Account, stack, API, queues, images, quotas and events; each with a hint if it fails. Exit
    status 1 if a check failed.
    """
    session = session_of(context)
    checks = []
    for check in examine(session):
        checks.append(check)
        if not session.options.json:
            show(session.console, check)
    healthy = all(check.health is not Health.FAILED for check in checks)
    if session.options.json:
        print_json({"healthy": healthy, "checks": [asdict(check) for check in checks]})
    raise typer.Exit(ExitCode.OK if healthy else ExitCode.FAILED)


def examine(session: Session, leave_out: Container[str] = ()) -> Iterator[Check]:
    """Make every check but those of the names to `leave_out`."""
    for name, look in _NEEDED.items():
        for check in checked(name, look, session):
            yield check
            if check.health is Health.FAILED:
                return
    for name, look in _OTHERS.items():
        if name not in leave_out:
            yield from checked(name, look, session)


def show(console: Console, check: Check) -> None:
    """Print a check."""
    mark, style = _MARKS[check.health]
    console.print(Text.assemble((mark, style), f" {check.name:8} {check.detail}"), soft_wrap=True)
    if check.hint:
        console.print(Text(f"  {'':8} {check.hint}", style), soft_wrap=True)
