"""When a job tells its progress, and its estimates of rate and time."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jobkit.logs import LOG
from jobkit.progress import BytesRead, BytesWritten, Heartbeat, Pace, Tally
from seqstack.domain.progress import Counted, Phase, Unit
from tests.support.waiting import until

MIB = 1 << 20


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines of the job's log, in order."""
    lines: list[str] = []
    monkeypatch.setattr(LOG, "info", lambda text, *args: lines.append(text % args))
    return lines


def paced(*seen: tuple[float, int], total: int = 1000) -> Pace:
    """The pace of work of which so much was done at these seconds."""
    pace = Pace()
    for now, done in seen:
        pace.note(now, Counted(Unit.WINDOWS, done, total))
    return pace


def test_pace_is_the_mean_up_to_the_last_change() -> None:
    # 200 in 100 s are 2/s; 800 are left, which take 400 s, of which 20 have passed
    pace = paced((0, 0), (50, 100), (100, 200), (110, 200), (120, 200))

    assert pace.per_second == 2
    assert pace.seconds_left(120) == 380


def test_pace_of_windows_that_end_together_does_not_swing() -> None:
    # 16 of 64 windows end at 100 s, the next 16 at 200 s: at any time, all end at 400 s
    first = paced((0, 0), (100, 16), (180, 16), total=64)
    second = paced((0, 0), (100, 16), (200, 32), total=64)

    assert first.seconds_left(180) == 220
    assert second.seconds_left(200) == 200


@pytest.mark.parametrize(
    "seen",
    [
        [],
        [(0, 0)],
        [(0, 0), (100, 0)],  # nothing is done
        [(0, 0), (29, 500)],  # for less than half a minute
        [(0, 0), (100, 49)],  # less than a twentieth
        [(0, 900), (100, 940)],  # of what was seen
        [(0, 0), (100, 1000)],  # nothing is left
    ],
)
def test_time_left_of_too_little_is_unknown(seen: list[tuple[float, int]]) -> None:
    assert paced(*seen).seconds_left(100) is None


def test_time_left_of_work_that_stands_still_becomes_unknown() -> None:
    pace = paced((0, 0), (100, 500))  # the other half takes 100 s

    assert pace.seconds_left(199) == 1
    assert pace.seconds_left(200) is None


def test_pace_begins_when_the_total_becomes_known() -> None:
    pace = Pace()
    pace.note(0, Counted(Unit.READS, 0, None))
    pace.note(600, Counted(Unit.READS, 0, 1000))  # after reads that others align
    pace.note(700, Counted(Unit.READS, 100, 1000))

    assert pace.per_second == 1
    assert pace.seconds_left(700) == 900


def test_heartbeat_is_one_line_a_minute_and_none_in_the_first(
    clock: Clock, told: list[str]
) -> None:
    heartbeat = Heartbeat(60, clock)
    heartbeat.begin(Phase.RUN)
    work = Tally(Unit.WINDOWS, 1000)
    with heartbeat.counting(work):
        for second in range(180):
            clock.now = 1000.0 + second
            work.note(second)
            heartbeat.look()

    written = 'PROGRESS {{"phase": "run", "unit": "windows", "done": {}, "total": 1000, '
    written += '"isEstimate": false, "perSecond": 1.0, "secondsLeft": {}}}'
    assert told == [written.format(60, 940), written.format(120, 880)]


def test_heartbeat_of_work_that_nobody_counts_is_the_phase_alone(
    clock: Clock, told: list[str]
) -> None:
    heartbeat = Heartbeat(60, clock)
    clock.now += 60
    heartbeat.look()  # before the first phase
    heartbeat.begin(Phase.STAGE_IN)
    with heartbeat.counting(Tally(Unit.BYTES, 5)):
        pass
    heartbeat.begin(Phase.RUN)
    heartbeat.look()

    assert told == ['PROGRESS {"phase": "run"}']


def test_work_that_can_not_be_counted_yet_is_the_phase_alone(clock: Clock, told: list[str]) -> None:
    heartbeat = Heartbeat(0, clock)
    heartbeat.begin(Phase.RUN)
    with heartbeat.counting(lambda: None):
        heartbeat.look()

    assert told == ['PROGRESS {"phase": "run"}']


def test_new_work_has_a_pace_of_its_own(clock: Clock, told: list[str]) -> None:
    heartbeat = Heartbeat(0, clock)
    heartbeat.begin(Phase.STAGE_IN)
    first, second = Tally(Unit.BYTES, 100), Tally(Unit.BYTES, 100)
    with heartbeat.counting(first):
        heartbeat.look()
        clock.now += 50
        first.note(100)
        heartbeat.look()
    with heartbeat.counting(second):
        heartbeat.look()
        clock.now += 50
        second.note(50)
        heartbeat.look()

    assert '"done": 100' in told[1]
    assert '"perSecond": 2.0' in told[1]
    assert '"done": 0' in told[2]
    assert '"perSecond": 1.0, "secondsLeft": 50' in told[3]


def test_progress_that_fails_ends_with_a_line_and_the_job_goes_on(told: list[str]) -> None:
    def fail() -> Counted:
        raise RuntimeError("no such counter")

    with Heartbeat(0) as heartbeat, heartbeat.counting(fail):
        heartbeat.begin(Phase.RUN)
        until(lambda: told)

    assert told == ["no further progress is shown: RuntimeError('no such counter')"]


def test_heartbeat_takes_its_interval_from_the_environment(told: list[str]) -> None:
    with Heartbeat.from_environment({"SEQSTACK_PROGRESS_SECONDS": "0"}) as heartbeat:
        heartbeat.begin(Phase.RUN)
        until(lambda: told)

    assert set(told) == {'PROGRESS {"phase": "run"}'}


def test_bytes_are_those_of_all_programs_and_never_more_than_the_total(tmp_path: Path) -> None:
    def write(pid: int, wchar: int) -> None:
        (tmp_path / str(pid)).mkdir(exist_ok=True)
        (tmp_path / f"{pid}/io").write_text(f"rchar: 7\nwchar: {wchar}\nsyscr: 1\n")

    written = BytesWritten(1000, proc=tmp_path)
    counts = [written().done]
    write(11, 300)
    written.follow(11)
    counts.append(written().done)
    (tmp_path / "11/io").unlink()  # it has ended
    counts.append(written().done)
    write(12, 400)
    written.follow(12)
    counts.append(written().done)
    write(12, 900)
    counts.append(written().done)

    assert counts == [0, 300, 300, 700, 1000]
    assert written().total == 1000


def test_bytes_of_a_program_are_what_it_has_written() -> None:
    program = f"import os, sys; os.write(1, b'x' * {MIB}); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout
        assert len(child.stdout.read(MIB)) == MIB
        written = BytesWritten(10 * MIB)
        written.follow(child.pid)
        done = until(lambda: written().done, lambda done: done >= MIB)
        child.communicate()

    assert done < MIB + 64 * 1024  # and little else


def test_bytes_read_are_the_furthest_positions_of_all_programs(tmp_path: Path) -> None:
    file, other, proc = tmp_path / "a.bam", tmp_path / "a.fa", tmp_path / "proc"
    file.write_bytes(b"x" * 1000)
    other.write_bytes(b"x" * 5000)
    (tmp_path / "link.bam").symlink_to(file)

    def opens(pid: int, fd: int, path: Path, position: int) -> None:
        for folder in ("fd", "fdinfo"):
            (proc / f"{pid}/{folder}").mkdir(parents=True, exist_ok=True)
        (proc / f"{pid}/fd/{fd}").unlink(missing_ok=True)
        (proc / f"{pid}/fd/{fd}").symlink_to(path)
        (proc / f"{pid}/fdinfo/{fd}").write_text(f"pos:\t{position}\nflags:\t0100000\n")

    read = BytesRead(tmp_path / "link.bam", [11, 12], proc)
    opens(11, 3, other, 4000)
    opens(12, 3, file, 100)
    assert read() is None  # the first has not begun

    opens(11, 4, file, 300)
    opens(11, 5, file, 20)  # a second time
    assert read() == Counted(Unit.BYTES, 400, 2000)

    (proc / "11/fd/4").unlink()
    opens(12, 3, file, 250)
    assert read() == Counted(Unit.BYTES, 550, 2000)

    shutil.rmtree(proc / "11")  # it has ended
    assert read() == Counted(Unit.BYTES, 1250, 2000)


def test_bytes_read_of_a_program_are_those_up_to_where_it_is(tmp_path: Path) -> None:
    file = tmp_path / "a.bam"
    file.write_bytes(b"x" * MIB)
    program = (
        "import os, sys; file = os.open(sys.argv[1], os.O_RDONLY); os.read(file, 4096);"
        "print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout
        child.stdout.readline()
        read = BytesRead(file, [child.pid])
        assert read() == Counted(Unit.BYTES, 4096, MIB)
        child.communicate()

    assert read() == Counted(Unit.BYTES, MIB, MIB)
