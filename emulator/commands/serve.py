"""`python -m emulator serve`: the AWS API with the stack in it, and the stack's HTTP API."""

import signal
import threading

from rich.console import Console

from emulator.aws import client_environment
from emulator.commands.sample_run import BUILT_TEMPLATE
from emulator.stack import Emulator


def serve(port: int, api_port: int, parameters: dict[str, str], console: Console) -> None:
    """Serve until the process is interrupted or terminated.

    Raises:
        FileNotFoundError: the template was not built.
        OSError: a port is taken.
    """
    if not BUILT_TEMPLATE.is_file():
        raise FileNotFoundError(f"{BUILT_TEMPLATE} is missing: run `make build` first")
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with Emulator(BUILT_TEMPLATE, parameters, port=port, api_port=api_port) as emulator:
        console.print("[bold]The stack is deployed.[/] Point any AWS client at it:")
        for name, value in client_environment(emulator.endpoint_url).items():
            console.print(f"  export {name}={value}", soft_wrap=True)
        for name, value in emulator.outputs.items():
            console.print(f"  {name}: {value}", soft_wrap=True)
        console.print("Everything is forgotten when this stops. Stop it with Ctrl-C.")
        stopped.wait()
