"""Programs without a shell: real small programs, no sockets."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jobkit.errors import (
    InvalidInputError,
    InvalidOutputError,
    TerminatedError,
    ToolFailedError,
    ToolMissingError,
    ToolTimedOutError,
)
from jobkit.processes import ProcessGroup
from jobkit.termination import Termination
from tests.support.waiting import until

SLEEP = ["sleep", "3600"]


def test_chain_of_programs_passes_bytes_through_without_a_shell(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with ProcessGroup() as group, out.open("wb") as file:
        group.spawn_chain(
            [["printf", "%s", "$HOME; *"], ["tr", "a-z", "A-Z"], ["cat"]], stdout=file.fileno()
        )
        finished = group.wait()
    assert out.read_text() == "$HOME; *"
    assert [program.argv[0] for program in finished] == ["printf", "tr", "cat"]
    assert all(program.returncode == 0 and program.peak_rss_bytes > 0 for program in finished)


def test_chain_whose_end_dies_names_the_end_not_its_upstream() -> None:
    with ProcessGroup() as group:
        group.spawn_chain([["yes"], ["cat"], ["sh", "-c", "kill -KILL $$"]])
        with pytest.raises(ToolFailedError) as caught:
            group.wait()
    assert caught.value.exit_code == 137
    assert "sh failed: killed by signal 9 (SIGKILL)" in str(caught.value)


def test_chain_whose_end_refuses_names_the_end_though_the_start_dies_of_a_signal() -> None:
    with ProcessGroup() as group:
        group.spawn_chain([["yes"], ["sh", "-c", "exit 3"]])  # yes: SIGPIPE
        with pytest.raises(ToolFailedError, match="sh failed: exit status 3"):
            group.wait()


def test_chain_whose_start_refuses_names_the_start_not_who_lacked_its_input() -> None:
    needs_input = ["sh", "-c", "read line || exit 5"]
    for _ in range(10):  # both end at once: the answer must not depend on who is seen first
        with ProcessGroup() as group:
            group.spawn_chain([["sh", "-c", "exit 3"], needs_input, needs_input])
            with pytest.raises(ToolFailedError, match="exit status 3"):
                group.wait()


def test_chain_whose_start_fails_stops_what_still_runs() -> None:
    with ProcessGroup() as group:
        children = group.spawn_chain([["sh", "-c", "echo why >&2; exit 3"], SLEEP])
        with pytest.raises(ToolFailedError) as caught:
            group.wait()
    assert caught.value.exit_code == 80
    assert caught.value.evidence[-1] == "why"
    assert not Path(f"/proc/{children[1].process.pid}").exists()


def test_wait_past_its_time_stops_the_program_and_its_children() -> None:
    lines: list[str] = []
    with ProcessGroup() as group:
        group.spawn(["sh", "-c", "sleep 61 & echo $!; wait"], on_line=lines.append)
        until(lambda: lines)
        with pytest.raises(ToolTimedOutError) as caught:
            group.wait(timeout_seconds=0.5)
    assert caught.value.exit_code == 124
    grandchild = Path(f"/proc/{lines[0]}/stat")
    until(lambda: not grandchild.exists() or ") Z " in grandchild.read_text())


def test_program_that_ignores_sigterm_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobkit.processes.GRACE_SECONDS", 0.3)
    lines: list[str] = []
    with ProcessGroup() as group:
        stubborn = "trap '' TERM; echo ready; while :; do sleep 0.1; done"
        child = group.spawn(["sh", "-c", stubborn], on_line=lines.append)
        until(lambda: lines)
        group.stop()
    assert not Path(f"/proc/{child.process.pid}").exists()


def test_wait_for_a_program_that_failed_before_is_a_failure() -> None:
    with ProcessGroup() as group:
        child = group.spawn(["sh", "-c", "exit 3"])
        until(lambda: child.finished is not None)
        with pytest.raises(ToolFailedError, match="exit status 3"):
            group.wait()


def test_signal_while_a_program_starts_still_lets_it_be_stopped_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    termination = Termination()
    monkeypatch.setattr("jobkit.processes.TERMINATION", termination)
    real = subprocess.Popen

    def interrupted(*args: Any, **options: Any) -> subprocess.Popen[bytes]:
        process = real(*args, **options)
        os.kill(os.getpid(), signal.SIGTERM)
        return process

    monkeypatch.setattr("jobkit.processes.subprocess.Popen", interrupted)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    termination.install()
    try:
        with pytest.raises(TerminatedError), ProcessGroup() as group:
            group.spawn(SLEEP)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_report_of_a_feeding_thread_ends_the_wait() -> None:
    with ProcessGroup() as group:
        group.spawn(SLEEP)
        group.report(InvalidInputError("cut off"))
        with pytest.raises(InvalidInputError, match="cut off"):
            group.wait()


def test_report_explains_more_than_the_failure_it_led_to() -> None:
    with ProcessGroup() as group:
        child = group.spawn(["sh", "-c", "exit 3"])
        until(lambda: child.finished is not None)
        group.report(InvalidInputError("cut off"))
        with pytest.raises(InvalidInputError, match="cut off"):
            group.wait()


def test_spawn_of_an_absent_program_is_a_missing_tool() -> None:
    with ProcessGroup() as group, pytest.raises(ToolMissingError, match="no-such-program"):
        group.spawn(["no-such-program"])


def test_pool_never_runs_more_than_its_workers(tmp_path: Path) -> None:
    script = (
        "import os, sys, time; d = sys.argv[1]; name = f'{d}/{os.getpid()}';"
        "open(name, 'w').close(); print(len(os.listdir(d))); time.sleep(0.1); os.unlink(name)"
    )
    seen: list[str] = []
    with ProcessGroup() as group:
        chains = [[[sys.executable, "-c", script, str(tmp_path)]] for _ in range(6)]
        finished = group.run_pool(chains, workers=2, on_line=seen.append)
    assert len(finished) == len(seen) == 6
    assert max(map(int, seen)) <= 2


def test_pool_tells_how_many_chains_have_ended() -> None:
    ended: list[int] = []
    with ProcessGroup() as group:
        group.run_pool([[["true"], ["true"]] for _ in range(5)], workers=2, on_end=ended.append)

    assert ended == sorted(ended)
    assert (ended[0], ended[-1]) == (0, 5)


def test_pool_with_a_failing_chain_starts_no_more(tmp_path: Path) -> None:
    chains = [[["sh", "-c", "exit 1"]], *([["touch", str(tmp_path / str(n))]] for n in range(5))]
    with ProcessGroup() as group, pytest.raises(ToolFailedError):
        group.run_pool(chains, workers=1)
    assert not os.listdir(tmp_path)  # noqa: PTH208 - a plain list is all we want


def test_program_that_reports_an_error_and_ends_well_fails_all_the_same() -> None:
    told = "[E::bgzf_read_block] Failed to read BGZF block"
    with ProcessGroup() as group:
        group.spawn(["sh", "-c", f"echo '[M::x] fine'; echo '{told}'"])
        with pytest.raises(InvalidOutputError) as failed:
            group.wait()

    assert str(failed.value) == f"sh reported an error: {told}"
    assert failed.value.evidence[-1] == told


def test_pool_whose_program_reports_an_error_fails() -> None:
    with ProcessGroup() as group, pytest.raises(InvalidOutputError, match="E::vcf_parse"):
        group.run_pool([[["echo", "[E::vcf_parse] x"]]], workers=1)
