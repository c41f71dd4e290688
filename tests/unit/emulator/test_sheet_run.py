"""A sheet of samples of this machine: what is refused before anything is deployed."""

from dataclasses import replace
from pathlib import Path

import pytest

from emulator.commands.sheet_run import samples_of
from emulator.local_sample import LocalSample, LocalSampleError
from tests.unit.emulator.conftest import reads


@pytest.fixture
def options(sample: LocalSample) -> LocalSample:
    return replace(sample, sample_id="", fastq1=(), fastq2=())


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """Samples `a` and `b`."""
    rows = ["sample,lane,fastq_1,fastq_2"]
    for name in "ab":
        files = [reads(tmp_path / name / f"R{side}.fq", name, side) for side in (1, 2)]
        rows.append(",".join([name, "1", *(str(file.relative_to(tmp_path)) for file in files)]))
    path = tmp_path / "samples.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_samples_with_reads_of_their_own_are_taken(sheet: Path, options: LocalSample) -> None:
    assert [each.sample_id for each in samples_of(sheet, options)] == ["a", "b"]


@pytest.mark.parametrize("is_link", [True, False])
def test_reads_of_another_sample_under_another_name_are_refused(
    sheet: Path, options: LocalSample, *, is_link: bool
) -> None:
    """Otherwise one person's results would have two names."""
    first, second = (sheet.parent / f"{name}/R2.fq" for name in "ab")
    second.unlink()
    if is_link:
        second.symlink_to(first)
    else:
        second.write_bytes(first.read_bytes())

    with pytest.raises(LocalSampleError) as refused:
        samples_of(sheet, options)

    assert f"{sheet}: line 3: {second} has the same content as {first} in line 2" in str(
        refused.value
    )


def test_options_that_no_run_could_have_are_told_once_and_those_of_a_sample_by_its_line(
    sheet: Path, options: LocalSample
) -> None:
    (sheet.parent / "c.bam").write_bytes(b"x")
    with sheet.open("a") as rows:
        rows.write("c,1,,\n")
    sheet.write_text(
        "".join(
            f"{line},{'c.bam' if line.startswith('c,') else 'bam' if not n else ''}\n"
            for n, line in enumerate(sheet.read_text().splitlines())
        )
    )
    wrong = replace(options, target_padding=50, trims=True)

    with pytest.raises(LocalSampleError) as refused:
        samples_of(sheet, wrong)

    said = str(refused.value).splitlines()
    assert said[0].startswith("--target-padding: there are no targets to pad")
    assert len([line for line in said if "no targets to pad" in line]) == 1
    assert any(line.startswith(f"{sheet}: line 4: --trim: only FASTQ files") for line in said)
