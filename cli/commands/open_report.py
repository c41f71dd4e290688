"""`seqstack open`: a run's report in the browser."""

from typing import Annotated

import typer

from cli.errors import not_found
from cli.output import print_json
from cli.session import Session, session_of

_LINK_SECONDS = 900
# The pages that a run makes, the most telling first.
_PAGES = {
    "report/run.html": "report",
    "qc/multiqc_report.html": "quality report",
    "vcf/annotated/snpEff_summary.html": "annotation summary",
}
_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def open_report(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="The run's id.", show_default=False)],
    *,
    console: Annotated[
        bool, typer.Option("--console", help="The execution in the AWS console instead.")
    ] = False,
    only_print: Annotated[
        bool, typer.Option("--print", help="Print the address only; open nothing.")
    ] = False,
) -> None:
    """Open a run's report, or its page in the AWS console.

    A run without a report yet is shown in the console. The address is good for 15 minutes.
    """
    session = session_of(context)
    what, url = _console_page(session, run) if console else _page(session, run)
    if session.options.json:
        print_json({"what": what, "url": url})
        return
    typer.echo(url)
    if not only_print and typer.launch(url) != 0:
        session.say("No browser could be opened here; open the address above.")


def _page(session: Session, run: str) -> tuple[str, str]:
    made = session.api.list_outputs(run, _LINK_SECONDS)["outputs"]
    for ending, what in _PAGES.items():
        for output in made:
            if output["link"] and output["s3Uri"].endswith(f"/{ending}"):
                if output["state"] != "current":
                    session.say("It was replaced since; this is the version that the run wrote.")
                return what, output["link"]
    return _console_page(session, run)


def _console_page(session: Session, run: str) -> tuple[str, str]:
    if session.options.local:
        raise not_found(f"run {run} has no report yet", "the emulator has no console, either")
    arn = session.api.get_run(run)["executionArn"]
    _, partition, _, region, *_ = arn.split(":")
    place = f"https://{region}.{_CONSOLES[partition]}/states/home?region={region}"
    return "console", f"{place}#/v2/executions/details/{arn}"
