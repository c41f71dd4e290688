"""`seqstack open`: a run's report in the browser."""

from pathlib import Path
from shutil import copy
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

import typer

from cli.accuracy.kept import kept_page
from cli.errors import not_found, writing
from cli.output import print_json, print_line
from cli.pages import QUALITY, REPORT, RESULT_PAGES, console_address, result_address, saved_page
from cli.session import Session, session_of
from seqstack.domain.results import ACCURACY

_LINK_SECONDS = 900
_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


class _Found(NamedTuple):
    """The page to open; a page of the run has a name and a policy.

    `accuracy` is the page that the report links to, if it was measured on this machine.
    """

    what: str
    url: str
    host: str
    name: str = ""
    policy: str = ""
    accuracy: Path | None = None


def open_report(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="The run's id.", show_default=False)],
    *,
    console: Annotated[
        bool, typer.Option("--console", help="Open the execution in the AWS console instead.")
    ] = False,
    qc: Annotated[
        bool, typer.Option("--qc", help="Open MultiQC's report instead of the run's.")
    ] = False,
    only_print: Annotated[bool, typer.Option("--print", help="Print the address only.")] = False,
) -> None:
    """Open a run's report, or its page in the AWS console.

    A report is first saved to a private folder, and opened there; so is the page of the run's
    accuracy, if it was measured on this machine. A run without a report is shown in the console.
    The address is valid for 15 minutes.
    """
    session = session_of(context)
    found = _console_page(session, run) if console else _page(session, run, only_quality=qc)
    if session.options.json:
        print_json({"what": found.what, "url": found.url})
        return
    if only_print:
        print_line(found.url)
        return
    place = _saved(found) if found.name else found.url
    print_line(place)
    session.say(f"Opening the {found.what}, from {found.host}.")
    if typer.launch(place) != 0:
        session.say("No browser could be opened here; open the address above.")


def _saved(found: _Found) -> str:
    from cli.transport import fetch  # noqa: PLC0415 - boto3 is slow to load

    if found.accuracy is None:
        return str(saved_page(fetch, found.url, found.name, found.policy))
    saved = saved_page(fetch, found.url, REPORT, found.policy)
    beside = saved.parent.parent / ACCURACY
    beside.parent.mkdir(mode=0o700)
    with writing(beside):
        copy(found.accuracy, beside)  # with its mode
    return str(saved)


def _page(session: Session, run: str, *, only_quality: bool) -> _Found:
    listed = session.api.list_outputs(run, _LINK_SECONDS)
    made = listed["outputs"]
    wanted = {QUALITY: RESULT_PAGES[QUALITY]} if only_quality else RESULT_PAGES
    for ending, (what, policy) in wanted.items():
        for output in made:
            url, uri = output["link"], output["s3Uri"]
            if url and uri.endswith(f"/{ending}"):
                if output["state"] != "current":
                    session.say(
                        "It was replaced since then; this is the version that the run wrote."
                    )
                parts = result_address(url, uri, _local_hosts(session))
                accuracy = kept_page(listed["runId"]) if ending == REPORT else None
                return _Found(what, url, parts.netloc, ending.rpartition("/")[2], policy, accuracy)
    if only_quality:
        raise not_found(f"run {run} has no MultiQC report", "aggregateQc, its last step, writes it")
    return _console_page(session, run)


def _local_hosts(session: Session) -> frozenset[str]:
    if not session.options.local:
        return frozenset()
    return frozenset({urlsplit(session.api_url).hostname or ""})


def _console_page(session: Session, run: str) -> _Found:
    if session.options.local:
        raise not_found(f"run {run} has no report yet", "the emulator has no console")
    arn = session.api.get_run(run)["executionArn"]
    _, partition, _, region, *_ = [*arn.split(":"), *[""] * 4]
    domain = _CONSOLES.get(partition, _CONSOLES["aws"])
    url = f"https://{region}.{domain}/states/home?region={region}#/v2/executions/details/{arn}"
    return _Found("console", url, console_address(url, domain).netloc)
