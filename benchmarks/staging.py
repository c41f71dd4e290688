"""Copies between a job and S3: the job kit's beside those of the AWS CLI and of boto3 with CRT."""

import os
import shutil
import sys
from functools import partial
from pathlib import Path

from benchmarks.measuring import Usage, measure
from benchmarks.pairs import Spread, in_turn, ratios
from benchmarks.results import table
from benchmarks.serving import REPOSITORY, Server
from emulator.job_runners import job_environment

_FILES, _FILE_BYTES = 200, 100_000
_JOB_KIT, _CLI, _CRT = "the job kit", "`aws s3 cp`", "boto3 with CRT"


def staging(server: Server, folder: Path, megabytes: int, rounds: int) -> str:
    """One large file up, and many small ones down: a table of each.

    Raises:
        RuntimeError: a copy has other content.
    """
    server.s5cmd("mb", "s3://staging")
    source, small = folder / "source", folder / "small"
    _write(source, megabytes * 1_000_000)
    small.mkdir()
    for number in range(_FILES):
        _write(small / str(number), _FILE_BYTES)
    server.s5cmd("cp", f"{small}/", "s3://staging/small/")
    ways = {name: partial(_up, server, source, name) for name in (_JOB_KIT, _CLI, _CRT)}
    up = in_turn(ways, rounds)
    ways = {name: partial(_down, server, small, name) for name in (_JOB_KIT, _CLI, _CRT)}
    down = in_turn(ways, rounds)
    return (
        f"{megabytes} MB up, {_JOB_KIT} with verification:\n\n{_compared(up, _CLI)}\n\n"
        f"{_FILES} files of {_FILE_BYTES // 1000} kB down:\n\n{_compared(down, _CLI)}"
    )


def _write(path: Path, size: int) -> None:
    path.write_bytes(os.urandom(size))


def _compared(rounds: dict[str, list[Usage]], base: str) -> str:
    seconds = {name: [each.seconds for each in used] for name, used in rounds.items()}
    rows = [
        [
            name,
            Spread.of(seconds[name]).text(".2f", "s"),
            ratios(seconds[name], seconds[base]).text(".2f"),
            Spread.of(each.cpu_seconds for each in used).text(".2f", "s"),
        ]
        for name, used in rounds.items()
    ]
    return table(["", "time", f"of {base}", "CPU time of the client"], rows)


def _up(server: Server, source: Path, name: str) -> Usage:
    uri = "s3://staging/object"
    command: list[str | Path] = [*_program(name), "up", source, uri, "1"]
    if name == _CLI:
        command = [*_aws(server), source, uri]
    return _measured(server, command)


def _down(server: Server, small: Path, name: str) -> Usage:
    got, uri = small.with_name("got"), "s3://staging/small/"
    got.mkdir()
    command: list[str | Path] = [*_program(name), "down", got, uri, str(_FILES)]
    if name == _CLI:
        command = [*_aws(server), uri, got, "--recursive"]
    used = _measured(server, command)
    names = [str(number) for number in range(_FILES)]
    if any((got / each).read_bytes() != (small / each).read_bytes() for each in names):
        raise RuntimeError(f"{name} has fetched other content")
    shutil.rmtree(got)
    return used


def _program(name: str) -> list[str | Path]:
    if name == _CRT:
        return [REPOSITORY / ".venv-bench/bin/python", REPOSITORY / "benchmarks/crt_copies.py"]
    return [sys.executable, REPOSITORY / "benchmarks/jobkit_copies.py"]


def _aws(server: Server) -> list[str | Path]:
    return [REPOSITORY / ".venv/bin/aws", "--endpoint-url", server.url, "s3", "cp", "--quiet"]


def _measured(server: Server, command: list[str | Path]) -> Usage:
    environment = job_environment(REPOSITORY, server.environment)
    return measure(command, environment={**environment, "HOME": server.environment["TMPDIR"]})
