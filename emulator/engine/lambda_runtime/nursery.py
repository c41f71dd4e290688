"""Fork workers from a process that has already imported their functions' modules.

A function's imports take a second of CPU, and nearly all of them are the same for all functions:
the runtime's, and those of the layer. `zygote.py` is that process; this module is the emulator's
side.
"""

import ast
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterable, Sequence, Set
from contextlib import suppress
from pathlib import Path
from typing import Any

from emulator.engine.guardian import Guard
from emulator.engine.lambda_runtime.function import FunctionSpec, layer_path, worker_environment

_ZYGOTE = Path(__file__).with_name("zygote.py")
_PACKET = 1 << 20
# Not awslambdaric: its library reads the address of the Runtime API when it is loaded.
_RUNTIME = ("boto3", "simplejson", "snapshot_restore_py")
_MARKER = "EMULATOR_NURSERY"
_KILLED = -signal.SIGKILL


class ForkedProcess:
    """A worker with the interface of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = _handle_of(pid)
        self._ended = threading.Event()
        self._returncode = 0

    def poll(self) -> int | None:
        """The exit status, or minus the signal's number; None while it runs."""
        if self._ended.is_set() or self._handle is None or _is_over(self._handle):
            return self.wait()
        return None

    def wait(self) -> int:
        """Wait for the end, and return as `poll` does."""
        self._ended.wait()
        return self._returncode

    def end(self, returncode: int) -> None:
        """Record that it has ended."""
        self._returncode = returncode
        self._ended.set()

    def close(self) -> None:
        """Close the handle of an ended process."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class Nursery:
    """Starts workers of functions that have the same layers.

    Variables in `computed` have values that `functions` lack. `aws` are the variables that point
    every worker at the emulator. `guard` ends it with the emulator.
    """

    def __init__(
        self,
        functions: Sequence[FunctionSpec],
        computed: Set[str],
        runtime_site: Path,
        aws: dict[str, str],
        guard: Guard,
    ) -> None:
        path = [*layer_path(functions[0]), str(runtime_site)]
        self._own_names = {spec.code: _top_level_names(spec.code) for spec in functions}
        self._shared_names = {name for folder in path for name in _top_level_names(Path(folder))}
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        marker = uuid.uuid4().hex
        environments = [worker_environment(f, "", "", runtime_site, aws) for f in functions]
        common = {k: v for k, v in _common(environments).items() if k not in computed}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-S", "-s", "-P", str(_ZYGOTE), str(theirs.fileno())],
                cwd="/",
                env={
                    **common,
                    "PYTHONPATH": ":".join(path),
                    _MARKER: marker,
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._guard = guard
        guard.watch(self._process.pid, f"{_MARKER}={marker}")
        self._channel = ours
        self._asking = threading.Lock()
        self._answered = threading.Condition()
        self._answers: list[dict[str, Any]] = []
        self._children: dict[int, ForkedProcess] = {}
        self._is_closed = False
        self._reader = threading.Thread(target=self._read, name="lambda-nursery", daemon=True)
        self._reader.start()
        varying = computed | {name for each in environments for name in each} - set(common)
        self._send({"preload": self._modules(functions), "varying": sorted(varying)})

    def start(
        self, spec: FunctionSpec, environment: dict[str, str], output: int
    ) -> ForkedProcess | None:
        """Start a worker that writes to `output`; None if it can't be forked.

        It can't if the function has its own version of an imported package, or other values of
        variables that imports have read.
        """
        if self._own_names.get(spec.code, self._shared_names) & self._shared_names:
            return None
        path = environment["PYTHONPATH"].split(":") + _standard_library()
        asked = {
            "environment": environment,
            "folder": str(spec.code),
            "argv": ["awslambdaric", spec.handler],
            "path": path,
        }
        with self._asking:
            if not self._send(asked, output):
                return None
            with self._answered:
                self._answered.wait_for(lambda: self._answers or self._is_closed)
                answer = self._answers.pop() if self._answers else {}
                return self._children[answer["pid"]] if "pid" in answer else None

    def close(self) -> None:
        """End the process that workers are forked from; call it after the workers have ended."""
        with suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)
        self._process.wait()
        self._guard.forget(self._process.pid)
        self._reader.join()
        self._channel.close()

    def _send(self, document: dict[str, Any], *descriptors: int) -> bool:
        packet = json.dumps(document).encode()
        try:
            socket.send_fds(self._channel, [packet], list(descriptors))
        except OSError:  # it has ended, or the packet is too large
            return False
        return True

    def _read(self) -> None:
        with suppress(OSError):
            while packet := self._channel.recv(_PACKET):
                self._take(json.loads(packet))
        with self._answered:
            self._is_closed = True
            self._answered.notify_all()
            children = list(self._children.values())
        for child in children:  # their ends are no longer reported
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.end(_KILLED)

    def _take(self, answer: dict[str, Any]) -> None:
        with self._answered:
            if "status" in answer:
                child = self._children.pop(answer["pid"])
                child.end(os.waitstatus_to_exitcode(answer["status"]))
                return
            if "pid" in answer:
                self._children[answer["pid"]] = ForkedProcess(answer["pid"])
            self._answers.append(answer)
            self._answered.notify_all()

    def _modules(self, functions: Iterable[FunctionSpec]) -> list[str]:
        """The modules of the runtime and of layers that the functions' own code imports."""
        imported = {name for spec in functions for name in _imports_in(spec.code)}
        return [*_RUNTIME, *sorted(n for n in imported if n.split(".")[0] in self._shared_names)]


def _common(environments: Sequence[dict[str, str]]) -> dict[str, str]:
    """The variables that are the same for all functions' workers: imports may read them."""
    own = {"AWS_ACCESS_KEY_ID", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API"}
    return {
        name: value
        for name, value in environments[0].items()
        if name not in own and all(other.get(name) == value for other in environments)
    }


def _handle_of(pid: int) -> int | None:
    """A descriptor of a process; None when it has ended already."""
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None


def _is_over(handle: int) -> bool:
    poll = select.poll()  # `select` takes no descriptor above 1023
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(0))


def _imports_in(code: Path) -> set[str]:
    """Every module, and every name of a module, that the code imports by its full name."""
    found: set[str] = set()
    for file in code.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module)
    return found


def _top_level_names(folder: Path) -> set[str]:
    """What can be imported from a folder."""
    return {entry.name.partition(".")[0] for entry in folder.iterdir() if _is_code(entry)}


def _is_code(entry: Path) -> bool:
    is_package = entry.is_dir() and entry.name.isidentifier() and entry.name != "__pycache__"
    return is_package or entry.suffix in {".py", ".so"}


def _standard_library() -> list[str]:
    """The path of Python's standard library, without installed packages."""
    lib = Path(os.__file__).parent
    zipped = lib.parent / f"python{sys.version_info.major}{sys.version_info.minor}.zip"
    return [str(zipped), str(lib), str(lib / "lib-dynload")]
