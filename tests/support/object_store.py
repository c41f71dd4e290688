"""S3 on its own, with objects on disk, and plain moto beside it for comparison."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.engine.aws import ClientFactory, client_environment
from emulator.engine.moto_adapters import s3_content
from emulator.engine.objects.content import ObjectFiles
from emulator.engine.objects.receiving import receiving
from emulator.engine.patches import Patches, reset_moto
from emulator.engine.server import AwsServer

_MOTO = """
import sys, threading
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


@dataclass
class ObjectStore:
    """An S3 server, a client of it, and the folder of its files."""

    url: str
    s3: Any
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point clients at it."""
        return client_environment(self.url)

    @property
    def files(self) -> list[Path]:
        """The files that hold objects."""
        return sorted(self.folder.iterdir())


@contextmanager
def object_store(folder: Path) -> Iterator[ObjectStore]:
    """S3 in this process, with its objects in `folder`."""
    with ExitStack() as undo:
        reset_moto()
        undo.callback(reset_moto)
        patches, files = Patches(), ObjectFiles(folder)
        undo.callback(patches.restore)
        undo.callback(files.close)
        s3_content.install(patches, files)
        server = AwsServer(around=receiving(files))
        undo.callback(server.close)
        clients = ClientFactory(server.url)
        undo.callback(clients.close)
        yield ObjectStore(server.url, clients.client("s3"), folder)


@contextmanager
def plain_moto() -> Iterator[Any]:
    """An S3 client of moto as it is, in a process of its own."""
    with ExitStack() as undo:
        process = undo.enter_context(
            subprocess.Popen(
                [sys.executable, "-c", _MOTO],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        )
        undo.callback(process.kill)
        assert process.stdout is not None
        clients = ClientFactory(f"http://127.0.0.1:{int(process.stdout.readline())}")
        undo.callback(clients.close)
        yield clients.client("s3")


def _serve(folder: Path) -> None:
    """Serve until the standard input ends; prints the address."""
    with object_store(folder) as store:
        print(store.url, flush=True)  # noqa: T201
        sys.stdin.read()


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, int]]:
    """The address of S3 in a process of its own, and the process's id."""
    with ExitStack() as undo:
        process = undo.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", __name__, str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        undo.callback(process.kill)
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process.pid


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
