"""`python -m emulator serve`: the AWS API with the stack in it, and the stack's HTTP API."""

import json
import signal
import threading
from contextlib import ExitStack
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from cli.local_keys import LocalKeys, published
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
) -> None:
    """Serve until the process is interrupted or terminated.

    Jobs run as containers of `engine`, or without one as processes with the tools on PATH. Writes
    the functions' environment variables for `sam local --env-vars` to `variables`. Objects and the
    ledger are kept in the folder `state`; without one, they are lost.

    Raises:
        FileNotFoundError: the template was not built.
        StateError: `state` can't be used.
        OSError: a port is taken, or the address is not this machine's.
    """
    if not BUILT_TEMPLATE.is_file():
        raise FileNotFoundError(f"{BUILT_TEMPLATE} is missing: run `make build` first")
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with ExitStack() as stack:
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
        console.print("Stop it with Ctrl-C.")
        stopped.wait()


def _command_line(emulator: "Emulator") -> str:
    port = _port(emulator)
    elsewhere = "" if port == _COMMAND_LINES_PORT else f" --local-port {port}"
    return f"seqstack --local{elsewhere} list"


def _port(emulator: "Emulator") -> int:
    return int(emulator.endpoint_url.rpartition(":")[2])
