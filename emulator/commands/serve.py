"""`python -m emulator serve`: the AWS API with the stack in it, and the stack's HTTP API."""

import json
from contextlib import ExitStack
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from cli.ending import awaited_end
from cli.local_keys import LocalKeys, published
from cli.options import Options
from cli.session import Session
from cli.ui.opening import open_pages
from cli.ui.server import serving
from emulator.commands.local_runs import BUILT_TEMPLATE
from emulator.engine.batch.container_engine import ContainerEngine
from emulator.engine_import import import_emulator, lasting
from emulator.sam_variables import sam_variables

if TYPE_CHECKING:
    from emulator.stack import Emulator

_COMMAND_LINES_PORT = 4566  # the default of `seqstack --local`


def serve(
    host: str,
    port: int,
    api_port: int,
    parameters: dict[str, str],
    variables: Path,
    console: Console,
    engine: ContainerEngine | None = None,
    state: Path | None = None,
    *,
    with_ui: bool = False,
) -> None:
    """Serve until the process is interrupted or terminated.

    Jobs run as containers of `engine`, or without one as processes with the tools on PATH. Writes
    the functions' environment variables for `sam local --env-vars` to `variables`. Objects and the
    ledger are kept in the folder `state`; without one, they are lost. `with_ui`: runs are shown as
    pages in the browser, too.

    Raises:
        FileNotFoundError: the template was not built.
        StateError: `state` can't be used.
        OSError: a port is taken, or the address is not this machine's.
    """
    if not BUILT_TEMPLATE.is_file():
        raise FileNotFoundError(f"{BUILT_TEMPLATE} is missing: run `make build` first")
    with awaited_end() as wait_for_end, ExitStack() as stack:
        with lasting():
            emulator = stack.enter_context(
                import_emulator()(
                    BUILT_TEMPLATE,
                    parameters,
                    host=host,
                    port=port,
                    api_port=api_port,
                    container_engine=engine,
                    state=state,
                )
            )
        stack.enter_context(published(_port(emulator), LocalKeys(*astuple(emulator.keys))))
        variables.parent.mkdir(parents=True, exist_ok=True)
        variables.write_text(json.dumps(sam_variables(emulator), indent=2) + "\n")
        console.print(
            Text.assemble(
                ("The stack is deployed.", "bold"),
                " Point any AWS client at it, with these keys",
            )
        )
        console.print(
            "of this start; anyone who has them can use the stack, and run its tools, as you:"
        )
        for name, value in emulator.environment.items():
            console.print(f"  export {name}={value}", soft_wrap=True)
        for name, value in emulator.outputs.items():
            console.print(f"  {name}: {value}", soft_wrap=True)
        console.print(f"For `sam local`: --env-vars {variables}", soft_wrap=True)
        if engine is not None:
            console.print(f"Jobs run as containers of {engine.program}.")
        console.print(f"Its own command line: {_command_line(emulator)}", soft_wrap=True)
        if state is not None:
            console.print(f"Objects and runs are kept in {state}.", soft_wrap=True)
        else:
            console.print("All data is lost when this stops; --state keeps it.")
        if with_ui:
            shown = stack.enter_context(serving(Session(_options(emulator))))
            console.print(f"Its pages: {shown.link()}", soft_wrap=True)
            open_pages(shown)
        console.print("Stop it with Ctrl-C.")
        wait_for_end()


def _options(emulator: "Emulator") -> Options:
    port = _port(emulator)
    repeated = () if port == _COMMAND_LINES_PORT else ("--local-port", str(port))
    return Options(local=True, local_port=port, repeated=("--local", *repeated))


def _command_line(emulator: "Emulator") -> str:
    return _options(emulator).command("list")


def _port(emulator: "Emulator") -> int:
    return int(emulator.endpoint_url.rpartition(":")[2])
