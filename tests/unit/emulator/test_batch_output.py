import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from emulator.engine.batch.output import MAX_LINE_BYTES, pump


def logged(*chunks: bytes) -> list[str]:
    """What is logged of a pipe's contents."""
    reading, writing = os.pipe()
    lines: list[str] = []
    try:
        for chunk in chunks:
            os.write(writing, chunk)
        os.close(writing)
        pump(reading, lines.extend)
    finally:
        os.close(reading)
    return lines


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        (b"", []),
        (b"one\ntwo\n", ["one", "two"]),
        (b"one\n\ntwo", ["one", "two"]),
        (b"caf\xc3\xa9 \xff\n", ["café \N{REPLACEMENT CHARACTER}"]),
    ],
)
def test_pump_logs_lines_without_ends(written: bytes, lines: list[str]) -> None:
    assert logged(written) == lines


def test_pump_keeps_a_character_that_two_writes_share_whole() -> None:
    assert logged(b"caf\xc3", b"\xa9\n") == ["café"]


def test_pump_cuts_a_line_that_is_too_long_for_one_event_without_waiting_for_its_end(
    tmp_path: Path,
) -> None:
    path = tmp_path / "output"
    path.write_bytes(b"x" * (2 * MAX_LINE_BYTES + 5) + b"\nend\n")
    calls: list[Sequence[str]] = []
    with path.open("rb") as output:
        pump(output.fileno(), calls.append)

    lines = [line for call in calls for line in call]
    assert len(calls) > 1
    assert max(len(line) for line in lines) <= MAX_LINE_BYTES
    assert "".join(lines) == "x" * (2 * MAX_LINE_BYTES + 5) + "end"
    assert lines[-1] == "end"
