import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.measuring import (
    CommandError,
    disk_bytes,
    measure,
    peak_of,
    process_memory,
    tree_cpu_seconds,
    tree_memory,
)

# Spins until this process has used that many CPU seconds, so the CPU time is known.
SPIN = "import time\nwhile time.process_time() < {}: pass"


def test_measure_of_a_busy_child_counts_its_cpu_seconds():
    spin = SPIN.format(0.3)
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {spin!r}], check=True)"

    used = measure([sys.executable, "-c", parent])

    assert used.cpu_seconds >= 0.3
    assert used.peak_bytes == 0


def test_memory_is_that_of_a_process_and_its_child_together():
    # Each holds 60 MB of its own, and says so; both end with their input.
    hold = "import os, sys; held = os.urandom(60_000_000); print(flush=True); sys.stdin.read()"
    parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {hold!r}]); {hold}"
    command = [sys.executable, "-c", parent]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        with peak_of(lambda: tree_memory(process.pid)) as peak_bytes:
            process.stdout.readline()
            process.stdout.readline()
            while peak_bytes() < 120_000_000:
                assert process.poll() is None
        held, own = tree_memory(process.pid), process_memory(process.pid)
        process.stdin.close()

    assert 120_000_000 <= held < 200_000_000
    assert 60_000_000 <= own < 100_000_000
    assert tree_memory(process.pid) == 0


def test_measure_of_a_failing_command_tells_its_status_and_output():
    with pytest.raises(CommandError, match=r"exited with 3:\nno room"):
        measure(["/bin/sh", "-c", "echo no room >&2; exit 3"])


def test_measure_runs_in_the_folder_with_the_variables(tmp_path):
    measure(["/bin/sh", "-c", "echo $WORD > here"], folder=tmp_path, environment={"WORD": "yes"})

    assert Path(tmp_path, "here").read_text() == "yes\n"


def test_tree_cpu_seconds_grow_by_what_a_child_has_used():
    before = tree_cpu_seconds(os.getpid())

    used = measure([sys.executable, "-c", SPIN.format(0.3)])

    # The kernel counts in hundredths of a second here.
    assert tree_cpu_seconds(os.getpid()) - before >= used.cpu_seconds - 0.05


def test_disk_bytes_of_a_file_with_two_names_count_once(tmp_path):
    first = tmp_path / "a" / "first"
    first.parent.mkdir()
    first.write_bytes(os.urandom(1_000_000))
    (tmp_path / "second").hardlink_to(first)

    assert 1_000_000 <= disk_bytes(tmp_path) < 1_200_000
