"""One execution environment: a process that runs AWS's own runtime client and a handler."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

from emulator.engine.clock import REAL_CLOCK, Clock
from emulator.engine.guardian import Guard
from emulator.engine.lambda_runtime.api import RuntimeApi
from emulator.engine.lambda_runtime.function import FunctionSpec, worker_environment
from emulator.engine.lambda_runtime.invocation import Invocation, Outcome, error_payload
from emulator.engine.lambda_runtime.logs import LogSink, LogStream, Report, exit_lines, timeout_line
from emulator.engine.lambda_runtime.nursery import ForkedProcess, Nursery

# AWS allows 10 s of initialisation; a loaded machine that starts several workers needs longer.
INIT_SECONDS = 60.0
_KILL_SECONDS = 5.0
_LOOK_SECONDS = 0.2  # how often a busy process is checked
_CHUNK = 65536


class Worker:
    """A started process; `run` gives it one call at a time.

    `guard` ends it with the emulator. `access_key` is its own, as on AWS: it identifies the worker
    to the API. `clock` is the clock of its time limits. If possible, it is forked by `nursery`,
    which saves the time of imports.
    """

    def __init__(
        self,
        spec: FunctionSpec,
        sink: LogSink,
        runtime_site: Path,
        aws: dict[str, str],
        guard: Guard,
        clock: Clock = REAL_CLOCK,
        nursery: Nursery | None = None,
    ) -> None:
        self.spec = spec
        self.access_key = f"{aws['AWS_ACCESS_KEY_ID']}-{uuid.uuid4().hex}"
        self._ready = threading.Event()
        self._api = RuntimeApi(spec.arn, self._ready.set)
        self._stream = LogStream(
            sink, spec.log_group, as_json=spec.environment.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
        )
        self._started = time.monotonic()
        self._init_ms: float | None = None
        self._partial = b""
        self._lines: list[str] = []
        self._closed = False
        self._output_lock = threading.Lock()
        read_end, write_end = os.pipe()
        os.set_blocking(read_end, False)
        self._output = read_end
        environment = worker_environment(
            spec,
            self._api.address,
            self._stream.name,
            runtime_site,
            aws | {"AWS_ACCESS_KEY_ID": self.access_key},
        )
        try:
            forked = nursery.start(spec, environment, write_end) if nursery else None
            self.process = forked or _start_anew(spec, environment, write_end)
        finally:
            os.close(write_end)
        self._clock = clock
        self._guard = guard
        guard.watch(self.process.pid, f"AWS_LAMBDA_RUNTIME_API={self._api.address}")
        self._reader = threading.Thread(target=self._pump, name="lambda-output", daemon=True)
        self._reader.start()

    @property
    def function(self) -> str:
        """The function's name."""
        return self.spec.name

    @property
    def alive(self) -> bool:
        """True while the process can take another call."""
        return self.process.poll() is None

    def run(self, invocation: Invocation) -> Outcome:
        """Run one call to its end; kills the process when the call exceeds its timeout."""
        self._collect()
        self._write([self._stream.start_line(invocation.request_id)])
        started = time.monotonic()
        if self._wait_ready():
            if self._init_ms is None:
                self._init_ms = (time.monotonic() - self._started) * 1000
                init_ms: float | None = self._init_ms
                started = time.monotonic()
            else:
                init_ms = None
            deadline = self._clock.monotonic() + invocation.timeout
            self._api.hand_over(invocation)
            self._await(invocation, deadline)
        else:
            init_ms = None
            self._fail_init(invocation)
        duration = (time.monotonic() - started) * 1000
        return self._settle(invocation, duration, init_ms)

    def kill(self) -> None:
        """End the process and its children (SIGKILL); a running call fails as after a crash."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        """End the process, its children, threads and connections."""
        self.kill()
        self._guard.forget(self.process.pid)
        if isinstance(self.process, ForkedProcess):
            self.process.close()
        self._reader.join(_KILL_SECONDS)
        self._api.close()
        with self._output_lock:
            if not self._closed:
                self._closed = True
                os.close(self._output)

    def _wait_ready(self) -> bool:
        give_up = self._clock.monotonic() + INIT_SECONDS
        while self._clock.monotonic() < give_up:
            if self._ready.wait(0.02):
                return True
            if not self.alive:
                return self._ready.is_set()
        return False

    def _await(self, invocation: Invocation, deadline: float) -> None:
        """Wait for the answer, the process's death, or the deadline."""
        while not invocation.done.wait(self._patience(deadline)):
            if self._clock.monotonic() >= deadline:
                self._time_out(invocation)
            elif not self.alive:
                self._api.wait_for_last_words()
                if not invocation.done.is_set():
                    self._die(invocation)

    def _patience(self, deadline: float) -> float:
        return max(0.0, min(deadline - self._clock.monotonic(), _LOOK_SECONDS))

    def _time_out(self, invocation: Invocation) -> None:
        self.kill()
        self._write([timeout_line(invocation.request_id, invocation.timeout)])
        message = (
            f"RequestId: {invocation.request_id} "
            f"Error: Task timed out after {invocation.timeout:.2f} seconds"
        )
        invocation.finish(error_payload("Sandbox.Timedout", message), "Unhandled")

    def _die(self, invocation: Invocation) -> None:
        code = self.process.wait()
        message = f"RequestId: {invocation.request_id} Error: {exit_message(code)}"
        self._write(exit_lines(message))
        invocation.finish(error_payload("Runtime.ExitError", message), "Unhandled")

    def _fail_init(self, invocation: Invocation) -> None:
        payload = self._api.init_error
        if payload is not None:
            invocation.finish(payload, "Unhandled")
        elif self.alive:
            self.kill()
            message = (
                f"RequestId: {invocation.request_id} "
                f"Error: Task timed out after {INIT_SECONDS:.2f} seconds"
            )
            invocation.finish(error_payload("Sandbox.Timedout", message), "Unhandled")
        else:
            self._die(invocation)

    def _settle(self, invocation: Invocation, duration: float, init_ms: float | None) -> Outcome:
        if not self.alive:
            self._reader.join(_KILL_SECONDS)
        self._collect()
        report = Report(
            duration=duration,
            memory_size=self.spec.memory,
            memory_used=self._memory_used(),
            init_duration=init_ms,
            status="error" if invocation.error else None,
        )
        self._write(self._stream.end_lines(invocation.request_id, report))
        with self._output_lock:
            log, self._lines = "\n".join(self._lines), []
        return Outcome(invocation.payload_out or b"null", invocation.error, log)

    def _memory_used(self) -> int:
        """The process's peak resident memory in MiB; 0 once it is gone."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except FileNotFoundError:
            return 0
        peak = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
        return int(peak[0]) // 1024 if peak else 0

    def _write(self, lines: list[str]) -> None:
        with self._output_lock:
            self._lines += lines
            self._stream.write(lines)

    def _pump(self) -> None:
        """Carry output to the log until the process and all its children have closed it."""
        poll = select.poll()
        poll.register(self._output, select.POLLIN)
        while True:
            poll.poll()
            if not self._collect():
                return

    def _collect(self) -> bool:
        """Read the available output; False at its end."""
        with self._output_lock:
            while not self._closed:
                try:
                    chunk = os.read(self._output, _CHUNK)
                except BlockingIOError:
                    return True
                if not chunk:
                    return False
                *complete, self._partial = (self._partial + chunk).split(b"\n")
                lines = [line.decode(errors="replace").replace("\r", "\n") for line in complete]
                self._lines += lines
                self._stream.write(lines)
            return False


def _start_anew(
    spec: FunctionSpec, environment: dict[str, str], output: int
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-S", "-s", "-m", "awslambdaric", spec.handler],
        cwd=spec.code,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )


def exit_message(code: int) -> str:
    """Lambda's message for a runtime that ended with `code`: a status or minus a signal."""
    if code >= 0:
        return f"Runtime exited with error: exit status {code}"
    name = signal.strsignal(-code) or f"signal {-code}"
    return f"Runtime exited with error: signal: {name.lower()}"
