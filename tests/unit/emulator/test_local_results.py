"""Earlier results are replaced by whole ones, or not at all."""

from pathlib import Path

import pytest

from emulator.local_results import has_results, replace_results


def write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def contents(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_text() for path in files}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Results of an earlier run, and a note beside them."""
    folder = tmp_path / "results/NA12878"
    write(folder / "vcf/variants.vcf.gz", "old")
    write(folder / "vcf/of_another_caller.vcf.gz", "old")
    write(folder / "notes.txt", "mine")
    return folder


def test_results_take_the_place_of_their_namesakes_alone(folder: Path) -> None:
    def fetch(into: Path) -> list[Path]:
        return [write(into / "vcf/variants.vcf.gz", "new"), write(into / "bam/sorted.bam", "new")]

    files = replace_results(folder, fetch)

    assert contents(folder) == {
        "bam/sorted.bam": "new",
        "notes.txt": "mine",
        "vcf/variants.vcf.gz": "new",
    }
    assert files == [folder / "vcf/variants.vcf.gz", folder / "bam/sorted.bam"]
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_results_that_can_not_all_be_fetched_replace_nothing(folder: Path) -> None:
    before = contents(folder)

    def fetch(into: Path) -> list[Path]:
        write(into / "vcf/variants.vcf.gz", "half")
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        replace_results(folder, fetch)

    assert contents(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_run_that_has_written_nothing_leaves_no_folder(tmp_path: Path) -> None:
    assert replace_results(tmp_path / "results/s", lambda _: []) == []

    assert contents(tmp_path) == {}
    assert not (tmp_path / "results/s").exists()


def test_folder_without_anything_has_no_results(folder: Path) -> None:
    assert has_results(folder)
    assert not has_results(folder.parent / "NA12879")
    (folder.parent / "NA12879").mkdir()
    assert not has_results(folder.parent / "NA12879")


def test_what_describes_a_failed_run_is_no_result(tmp_path: Path) -> None:
    write(tmp_path / "report/run.html", "failed")
    write(tmp_path / "provenance/ro-crate-metadata.json", "{}")
    write(tmp_path / "provenance/ro-crate-workflow.json", "{}")
    assert not has_results(tmp_path)
    write(tmp_path / "provenance/align.json", "{}")
    assert has_results(tmp_path)
