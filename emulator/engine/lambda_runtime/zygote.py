"""The process from which workers are forked, after it has imported their common modules.

It runs in the workers' own Python, which can't import the emulator. Its first argument is the file
descriptor of a socket; each packet is a JSON document:

in   {"preload": [module, …], "varying": [name, …]}    the first packet: what to import, unless it
     reads one of those variables, which are not the same for all workers
in   {"environment": {…}, "folder": …, "argv": […], "path": […]}, with the descriptor of the output
out  {"pid": …}                  the worker, which leads a session of its own
out  {"refused": [name, …]}      imported modules have read variables that the worker has otherwise
out  {"pid": …, "status": …}     a worker has ended, with that status of `waitpid`

It ends when the socket closes.
"""

import gc
import importlib
import json
import os
import runpy
import select
import socket
import sys
import threading
import time
from typing import Any, NoReturn

_PACKET = 1 << 20
_FIRST_OTHER_FD = 3
_MOST_FDS = 1 << 16
_USUAL_SERVICES = ("dynamodb", "s3", "stepfunctions", "batch")
"""Those of which several functions make a client."""


class _VaryingError(BaseException):
    """An import read a variable whose value differs between workers; the import is undone."""


class Zygote:
    """Forks workers; it has one thread, so that a fork is safe."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._poll = select.poll()
        self._poll.register(channel, select.POLLIN)
        self._children: dict[int, int] = {}
        self._read_variables: set[str] = set()

    def preload(self, modules: list[str], varying: list[str]) -> None:
        """Import the modules that all workers can share; record the variables that they read."""
        encode = os.environ.encodekey

        def note(name: str) -> str:
            if name in varying:
                raise _VaryingError(name)
            self._read_variables.add(name)
            return encode(name)

        os.environ.encodekey = note
        gc.disable()
        try:
            for module in modules:
                try:
                    importlib.import_module(module)
                except BaseException:  # noqa: BLE001, S112  # the worker that imports it will say
                    continue
            _read_for_all_clients()
        finally:
            os.environ.encodekey = encode
        gc.freeze()  # what workers never collect, they need not look at, nor copy
        gc.enable()

    def serve(self) -> None:
        """Fork workers and report their ends, until the socket closes."""
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor != self._channel.fileno():
                    self._tell_of_end(descriptor)
                    continue
                packet, descriptors, _, _ = socket.recv_fds(self._channel, _PACKET, 1)
                if not packet:
                    return
                self._start(json.loads(packet), descriptors[0])

    def _start(self, asked: dict[str, Any], output: int) -> None:
        differ = self._differing(asked["environment"])
        if differ or threading.active_count() > 1:
            os.close(output)
            self._say({"refused": differ})
            return
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            _become_worker(asked, output)
        os.close(output)
        os.close(writer)
        os.read(reader, 1)  # it ends once the worker leads its session
        os.close(reader)
        handle = os.pidfd_open(pid)
        self._children[handle] = pid
        self._poll.register(handle, select.POLLIN)
        self._say({"pid": pid})

    def _differing(self, environment: dict[str, str]) -> list[str]:
        read = self._read_variables
        return sorted(name for name in read if environment.get(name) != os.environ.get(name))

    def _tell_of_end(self, handle: int) -> None:
        pid = self._children.pop(handle)
        self._poll.unregister(handle)
        os.close(handle)
        _, status = os.waitpid(pid, 0)
        self._say({"pid": pid, "status": status})

    def _say(self, document: dict[str, object]) -> None:
        self._channel.send(json.dumps(document).encode())


def _read_for_all_clients() -> None:
    """Have all workers' sessions use one loader of data files, which has read what clients read.

    A session makes such a loader of its own, unless AWS_DATA_PATH names more folders. What botocore
    changes in the models that it has read, it changes in the worker.
    """
    session = sys.modules.get("botocore.session")
    if session is None:
        return
    create = session.create_loader
    shared = create()
    shared.list_available_services("service-2")  # not boto3's resources: its sessions add a folder
    for name in ("endpoints", "partitions", "sdk-default-configuration", "_retry"):
        shared.load_data(name)
    for service in _USUAL_SERVICES:
        for kind in ("service-2", "endpoint-rule-set-1"):
            shared.load_service_model(service, kind, api_version=None)
    vars(session)["create_loader"] = lambda path=None: shared if path is None else create(path)


def _become_worker(asked: dict[str, Any], output: int) -> NoReturn:
    """Run as `python -S -s -m <module>` in this folder and environment."""
    os.setsid()
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.closerange(_FIRST_OTHER_FD, _MOST_FDS)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    sys.path[:] = asked["path"]
    sys.path_importer_cache.clear()
    module, *sys.argv[1:] = asked["argv"]
    status = 0
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001  # printed as Python does, because the process ends here
        sys.excepthook(*sys.exc_info())
        status = 1
    threading._shutdown()  # type: ignore[attr-defined]
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def main() -> None:
    """Serve the socket that the first argument names."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    zygote = Zygote(channel)
    first = json.loads(channel.recv(_PACKET))
    zygote.preload(first["preload"], first["varying"])
    zygote.serve()
    os._exit(0)


if __name__ == "__main__":
    main()
