"""`seqstack`: its commands, and the options that they share."""

from collections.abc import Iterator
from importlib.metadata import version
from typing import Annotated

import typer

from cli.group import Commands
from cli.options import Options, number_option
from cli.output import print_line
from cli.session import Session

_EPILOG = (
    "Options above go before or after the command. Exit status: 0 done, 1 the run or a check "
    "failed, 2 options or input can't be used, 3 not found, 4 no access, 5 no answer, 6 not "
    "possible in the run's state, 130 interrupted."
)
_DEFAULT = Options()
_REPEATED = ("local", "local_port", "stack", "region", "profile", "api_url")

app = typer.Typer(
    name="seqstack",
    cls=Commands,
    help="Take samples from FASTQ to annotated variants: start and watch runs, and get their "
    "results.",
    epilog=_EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,  # help in colours would take three times as long
    pretty_exceptions_enable=False,
)


def _show_version(*, wanted: bool) -> None:
    if wanted:
        print_line(version("seqstack"))
        raise typer.Exit


def _repeated(context: typer.Context) -> Iterator[str]:
    """The options on the command line that select the stack; the environment is left out."""
    for name in _REPEATED:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            value = context.params[name]
            yield f"--{name.replace('_', '-')}"
            if value is not True:
                yield str(value)


@app.callback()
def shared_options(
    context: typer.Context,
    *,
    stack: Annotated[
        str, typer.Option(envvar="SEQSTACK_STACK", help="The stack's name in CloudFormation.")
    ] = _DEFAULT.stack,
    region: Annotated[
        str, typer.Option(help="The stack's AWS region. Default: AWS's own settings.")
    ] = _DEFAULT.region,
    profile: Annotated[
        str, typer.Option(help="A profile of AWS's settings. Default: AWS_PROFILE.")
    ] = _DEFAULT.profile,
    local: Annotated[
        bool, typer.Option("--local", help="Use the emulator on this machine instead of AWS.")
    ] = _DEFAULT.local,
    local_port: Annotated[
        int,
        number_option(low=1, high=65535, envvar="SEQSTACK_LOCAL_PORT", help="The emulator's port."),
    ] = _DEFAULT.local_port,
    api_url: Annotated[
        str,
        typer.Option(
            envvar="SEQSTACK_API_URL",
            help="The stack's ApiUrl, to avoid a request to CloudFormation.",
        ),
    ] = _DEFAULT.api_url,
    token: Annotated[
        str,
        typer.Option(
            envvar="SEQSTACK_TOKEN",
            help="A bearer token, for a stack that accepts tokens. With --api-url, no AWS "
            "credentials are needed.",
        ),
    ] = _DEFAULT.token,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the API's JSON, for programs.")
    ] = _DEFAULT.json,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Read the options of all commands, before or after the command's name."""
    repeated = tuple(_repeated(context))
    options = Options(stack, local, local_port, api_url, token, profile, region, as_json, repeated)
    make_session = context.obj or Session
    context.obj = make_session(options)
