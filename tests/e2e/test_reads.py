"""Reads as people have brought them, through `python -m emulator run`.

Each kind is from a public report: qualities of offset 64 (bcbio-nextgen 190), one file as both
(Bismark 218), and names with `.1` and `.2` as SRA has them (bwa 290).
"""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from demo.evaluation.evaluate import Bounds, RunFiles, evaluate
from demo.exome.generate import DemoExome
from tests.e2e.conftest import Emulate

type Change = Callable[[list[bytes], int], None]


def changed(exome: DemoExome, folder: Path, change: Change) -> tuple[Path, Path]:
    """The exome's reads with their lines changed, as files of the same names."""
    made = []
    for mate, source in enumerate((exome.fastq1[0], exome.fastq2[0]), start=1):
        lines = gzip.decompress(source.read_bytes()).split(b"\n")
        change(lines, mate)
        made.append(folder / source.name)
        made[-1].write_bytes(gzip.compress(b"\n".join(lines), 1))
    return made[0], made[1]


def arguments(exome: DemoExome, first: Path, second: Path, results: Path) -> list[str]:
    return [
        *("run", "--sample", "s", "--results", str(results)),
        *("--fastq1", str(first), "--fastq2", str(second)),
        *("--reference", str(exome.reference), "--annotation", str(exome.annotation)),
    ]


def to_offset_64(lines: list[bytes], _mate: int) -> None:
    lines[3::4] = [bytes(quality + 31 for quality in line) for line in lines[3::4]]


def to_sra_names(lines: list[bytes], mate: int) -> None:
    numbers = range(1, len(lines) // 4 + 1)
    lines[0:-1:4] = [f"@SRR900001.{number}.{mate}".encode() for number in numbers]


@pytest.mark.long
def test_run_of_reads_with_offset_64_is_refused_with_the_command_that_converts(
    emulate: Emulate, exome: DemoExome, tmp_path: Path
) -> None:
    first, second = changed(exome, tmp_path, to_offset_64)

    ended = emulate(*arguments(exome, first, second, tmp_path / "results"))

    assert ended.returncode == 2
    assert "has qualities of offset 64" in ended.stdout
    assert "seqtk seq -Q64 -V" in ended.stdout
    assert not (tmp_path / "results").exists()


def test_run_of_one_file_given_as_both_is_refused_before_anything_is_deployed(
    emulate: Emulate, exome: DemoExome, tmp_path: Path
) -> None:
    second = tmp_path / exome.fastq2[0].name
    second.write_bytes(exome.fastq1[0].read_bytes())

    ended = emulate(*arguments(exome, exome.fastq1[0], second, tmp_path / "results"))

    assert ended.returncode == 2
    assert f"{second} holds the same reads as" in ended.stdout
    assert not (tmp_path / "results").exists()


@pytest.mark.long
def test_run_of_reads_named_as_sra_does_gives_the_right_variants(
    emulate: Emulate, indexed_exome: DemoExome, tmp_path: Path
) -> None:
    first, second = changed(indexed_exome, tmp_path, to_sra_names)

    ended = emulate(
        *arguments(indexed_exome, first, second, tmp_path / "results"), "--fail-on-warnings"
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    folder = tmp_path / "results/s"
    assert Bounds().missed_by(evaluate(indexed_exome, RunFiles.of(folder))) == ()
