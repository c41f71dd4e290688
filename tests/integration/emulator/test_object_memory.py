"""The server's memory while s5cmd, the program itself, copies an object in and out."""

import filecmp
import re
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.engine.aws import ClientFactory, client_environment
from emulator.job_runners import job_environment
from tests.support.object_store import served

pytestmark = pytest.mark.long

MIB = 1024 * 1024
REPOSITORY = Path(__file__).resolve().parents[3]
S5CMD = "s5cmd"


def s5cmd(url: str, *arguments: str) -> None:
    environment = job_environment(REPOSITORY, client_environment(url))
    search = ["/usr/bin/env", f"PATH={environment['PATH']}", S5CMD, "--endpoint-url", url]
    subprocess.run([*search, *arguments], env=environment, check=True, stdout=subprocess.DEVNULL)


def peak_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


def peak_with_object_of(size: int, folder: Path) -> float:
    """The most memory in MiB that a new server takes."""
    (folder / "objects").mkdir(parents=True)
    sent, got = folder / "sent", folder / "got"
    with sent.open("wb") as file:
        file.truncate(size)
        file.seek(size // 2)
        file.write(b"in the middle")
    with served(folder / "objects") as (url, pid):
        clients = ClientFactory(url)
        clients.client("s3").create_bucket(Bucket="large")
        clients.close()
        s5cmd(url, "cp", str(sent), "s3://large/object")
        s5cmd(url, "cp", "s3://large/object", "s3://large/copy")
        s5cmd(url, "cp", "s3://large/copy", str(got))
        assert filecmp.cmp(sent, got, shallow=False)
        return peak_mib(pid)


def test_memory_does_not_grow_with_the_object(tmp_path: Path) -> None:
    small = peak_with_object_of(60 * MIB, tmp_path / "small")
    large = peak_with_object_of(600 * MIB, tmp_path / "large")
    assert large < small + 100
    assert large < 600


def test_s5cmd_on_the_path_of_jobs_is_the_program_itself() -> None:
    path = job_environment(REPOSITORY, {})["PATH"]
    found = subprocess.run(
        ["/usr/bin/env", f"PATH={path}", "sh", "-c", "command -v s5cmd"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    assert Path(found).read_bytes()[:4] == b"\x7fELF"
    assert Path(found).parent != Path(sys.executable).parent
