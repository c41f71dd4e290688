"""Lines of progress in a job's log."""

import pytest

from seqstack.domain.progress import Counted, Phase, Progress, Unit, without_progress

TIME = "2026-01-31T12:00:00Z"
AT = 1_769_860_800_000
READS = Counted(Unit.READS, 1_200_000, 4_000_000, is_estimate=True)
ALIGNING = Progress(Phase.RUN, READS, 2000.0, 1400, AT)
LINE = (
    f'{TIME} PROGRESS {{"phase": "run", "unit": "reads", "done": 1200000, "total": 4000000, '
    '"isEstimate": true, "perSecond": 2000.0, "secondsLeft": 1400}'
)


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (ALIGNING, LINE),
        (Progress(Phase.STAGE_OUT, at=AT), f'{TIME} PROGRESS {{"phase": "stageOut"}}'),
        (
            Progress(Phase.RUN, Counted(Unit.READS, 5, None), at=AT),
            LINE.partition(' "done"')[0] + ' "done": 5, "total": null, "isEstimate": false, '
            '"perSecond": null, "secondsLeft": null}',
        ),
    ],
)
def test_progress_is_written_and_read(progress: Progress, line: str) -> None:
    assert f"{TIME} {progress.as_message()}" == line
    assert Progress.from_log(line, AT) == progress


def test_line_has_numbers_and_fixed_words_only() -> None:
    fields = ALIGNING.as_message().removeprefix("PROGRESS ").strip("{}").split(", ")
    values = [field.partition(": ")[2].strip('"') for field in fields]

    words = {value for value in values if not value.replace(".", "").isdigit()}
    assert words <= {*Phase, *Unit, "true", "false", "null"}


@pytest.mark.parametrize(
    "line",
    [
        "",
        f"{TIME} [bwa] PROGRESS {LINE.partition('PROGRESS ')[2]}",  # what a tool has printed
        LINE.replace("1200000", "-1"),
        LINE.replace("1200000", "4000001"),  # more than there is
        LINE.replace("1200000", "1.5"),
        LINE.replace("1200000", "true"),
        LINE.replace("1200000", "1" + 17 * "0"),
        LINE.replace("2000.0", '"fast"'),
        LINE.replace("reads", "genomes"),
        LINE.replace('"run"', '"sleep"'),
        LINE.replace('"total": 4000000, ', ""),
        LINE.replace("{", "[").replace("}", "]"),
        f"{TIME} PROGRESS {{",
        LINE.replace('"run"', f'"{"r" * 500}"'),
    ],
)
def test_other_lines_are_no_progress(line: str) -> None:
    assert Progress.from_log(line, AT) is None


def test_time_left_gets_less_with_the_age_of_the_line_and_then_is_unknown() -> None:
    seen = ALIGNING.seen_at(AT + 60_000)

    assert (seen.seconds_left, seen.counted, seen.at) == (1340, READS, AT)
    assert ALIGNING.seen_at(AT + 1_400_000).seconds_left is None
    assert ALIGNING.seen_at(AT - 5_000).seconds_left == 1400  # clocks differ


def test_log_without_progress_keeps_all_other_lines() -> None:
    assert without_progress(["one", LINE, "two PROGRESS {}"]) == ["one", "two PROGRESS {}"]
