"""Earlier results are replaced by whole ones, or not at all; other files stay as they are."""

import _thread
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emulator.local_results import has_results, replace_results, require_room, state_beside
from emulator.local_sample import LocalSample, LocalSampleError


def write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def contents(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_text() for path in files}


def provenance(sample_id: str, step: str, outputs: Mapping[str, str]) -> str:
    """What a job writes of its outputs, given by name and content."""
    rows = [
        {"uri": f"s3://seqstack/results/{sample_id}/{name}", "bytes": len(text), "etag": "e"}
        for name, text in outputs.items()
    ]
    return json.dumps(
        {"step": step, "job": {"id": "j"}, "versions": {}, "inputs": [], "outputs": rows}
    )


def results(**steps: Mapping[str, str]) -> dict[str, str]:
    """The files of a run of NA12878: the outputs of each step, and their provenance."""
    files: dict[str, str] = {}
    for step, outputs in steps.items():
        files |= outputs
        files[f"provenance/{step}.json"] = provenance("NA12878", step, outputs)
    return files


OLD = results(
    align={"bam/sorted.bam": "old", "bam/sorted.cram": "old"},
    callVariants={"vcf/variants/variants.vcf.gz": "old", "vcf/stats/runStats.tsv": "old"},
)
NEW = results(
    align={"bam/sorted.bam": "newer"},
    callVariants={"vcf/variants/variants.vcf.gz": "newer"},
    alignmentStats={"stats/bam_stats.dat": "newer"},
)
OF_THE_USER = {
    "notes.txt": "mine",
    "bam/mine.bam": "mine",
    "vcf/variants/filtered.vcf.gz": "mine",
    "vcf/stats/mine/table.tsv": "mine",
    "provenance/mine.json": "{}",
    "accuracy/accuracy.html": "mine",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Results of an earlier run, with files of the user in all folders."""
    folder = tmp_path / "results/NA12878"
    for name, text in (OLD | OF_THE_USER).items():
        write(folder / name, text)
    return folder


def fetching(files: Mapping[str, str]) -> Callable[[Path], list[Path]]:
    return lambda into: [write(into / name, text) for name, text in files.items()]


def test_results_replace_those_of_earlier_runs_and_no_file_of_the_user(folder: Path) -> None:
    files = replace_results(folder, fetching(NEW))

    assert contents(folder) == NEW | OF_THE_USER
    assert files == [folder / name for name in NEW]
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_folders_without_any_file_are_not_left(folder: Path) -> None:
    replace_results(folder, fetching(results(align={"bam/parts/part1.bam": "part"})))
    replace_results(folder, fetching(NEW))

    assert not (folder / "bam/parts").exists()


def test_report_and_crate_are_replaced_without_provenance(tmp_path: Path) -> None:
    """A run whose first step fails writes nothing else."""
    files = {"report/run.html": "failed", "provenance/ro-crate-metadata.json": "{}"}
    again = dict.fromkeys(files, "failed again")

    replace_results(tmp_path / "s", fetching(files))
    replace_results(tmp_path / "s", fetching(again))

    assert contents(tmp_path / "s") == again


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("stats/bam_stats.dat", "mine", "is not an earlier run's result"),
        ("bam/sorted.bam", "longer", "or was changed since"),
        ("stats/bam_stats.dat/mine.txt", "mine", "is not an earlier run's result"),
        ("stats", "mine", "results need a folder here"),
    ],
)
def test_file_of_the_user_in_the_way_of_a_result_is_refused_and_nothing_replaced(
    folder: Path, name: str, text: str, why: str
) -> None:
    write(folder / name, text)
    before = contents(folder)

    with pytest.raises(LocalSampleError, match=why):
        replace_results(folder, fetching(NEW))

    assert contents(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_results_of_another_sample_are_not_an_earlier_runs(folder: Path) -> None:
    """Such as a folder that the user has copied."""
    other = folder.rename(folder.with_name("NA12891"))

    with pytest.raises(LocalSampleError, match=r"NA12891/bam/sorted\.bam: is not an earlier run's"):
        replace_results(other, fetching(NEW))


def test_provenance_lists_no_file_outside_of_the_folder_as_a_runs(folder: Path) -> None:
    outside = write(folder.parent.parent / "reads.bam", "old")
    write(
        folder / "provenance/align.json",
        provenance("NA12878", "align", {f"/{outside}": "old", "bam/sorted.bam": "old"}),
    )

    replace_results(folder, fetching(NEW))

    assert outside.read_text() == "old"


def test_link_to_a_folder_of_the_user_is_refused(folder: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    (folder / "bam").rename(archive)
    (folder / "bam").symlink_to(archive)

    with pytest.raises(
        LocalSampleError,
        match=f"^{folder}/bam: results need a folder here, and no link to one; [^\n]*$",
    ):
        replace_results(folder, fetching(NEW))

    assert contents(archive) == {"sorted.bam": "old", "sorted.cram": "old", "mine.bam": "mine"}


def test_links_to_archived_results_are_replaced_and_the_archive_is_not(
    folder: Path, tmp_path: Path
) -> None:
    for name in ("sorted.bam", "sorted.cram"):
        (folder / "bam" / name).rename(tmp_path / name)
        (folder / "bam" / name).symlink_to(tmp_path / name)

    replace_results(folder, fetching(NEW))

    assert contents(folder) == NEW | OF_THE_USER
    assert not (folder / "bam/sorted.bam").is_symlink()
    assert [(tmp_path / f"sorted.{kind}").read_text() for kind in ("bam", "cram")] == ["old"] * 2


def test_sample_whose_folder_is_a_link_gets_its_results_there(folder: Path, tmp_path: Path) -> None:
    disk = folder.rename(tmp_path / "disk")
    folder.symlink_to(disk)

    files = replace_results(folder, fetching(NEW))

    assert contents(disk) == NEW | OF_THE_USER
    assert files == [folder / name for name in NEW]


def test_interrupt_waits_until_all_results_are_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move = Path.replace
    interrupt_once = iter([_thread.interrupt_main])

    def interrupted(self: Path, target: Path) -> Path:
        for interrupt in interrupt_once:
            interrupt()
        return move(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)

    with pytest.raises(KeyboardInterrupt):
        replace_results(folder, fetching(NEW))

    assert contents(folder) == NEW | OF_THE_USER


def test_results_that_can_not_all_be_fetched_replace_nothing(folder: Path) -> None:
    before = contents(folder)

    def fetch(into: Path) -> list[Path]:
        write(into / "vcf/variants/variants.vcf.gz", "half")
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        replace_results(folder, fetch)

    assert contents(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_run_that_has_written_nothing_leaves_no_folder(tmp_path: Path) -> None:
    assert replace_results(tmp_path / "results/s", lambda _: []) == []

    assert contents(tmp_path) == {}
    assert not (tmp_path / "results/s").exists()


def test_room_is_where_only_earlier_results_would_be_replaced(
    sample: LocalSample, folder: Path
) -> None:
    """The reads may be of the user's own files in the folder."""
    own = replace(sample, sample_id="NA12878", reads=(folder / "bam/mine.bam",))

    require_room(folder.parent, [own])


@pytest.mark.parametrize("kind", ["reads", "reference", "annotation", "sites"])
def test_earlier_result_as_an_input_is_refused(
    sample: LocalSample, folder: Path, kind: str
) -> None:
    """A run would replace it, whatever sample it is of."""
    given = folder / "bam/sorted.bam"
    changes: dict[str, Any] = {kind: (given,) if kind == "reads" else given}
    using = replace(sample, **changes)

    with pytest.raises(LocalSampleError, match=f"^{given}: is an earlier run's result"):
        require_room(folder.parent, [using, replace(sample, sample_id="NA12878")])


def test_earlier_result_as_an_input_is_found_behind_links(
    sample: LocalSample, folder: Path, tmp_path: Path
) -> None:
    (link := tmp_path / "reads.bam").symlink_to(folder / "bam/sorted.bam")
    (elsewhere := tmp_path / "elsewhere").symlink_to(folder.parent)

    with pytest.raises(LocalSampleError, match=f"^{link}: is an earlier run's result"):
        require_room(elsewhere, [replace(sample, sample_id="NA12878", reads=(link,))])


def test_file_of_the_user_in_the_way_is_refused_before_a_run(
    sample: LocalSample, folder: Path
) -> None:
    write(folder / "stats/bam_stats.dat", "mine")
    write(folder / "bam/sorted.bam", "changed since")

    with pytest.raises(LocalSampleError) as refused:
        require_room(folder.parent, [replace(sample, sample_id="NA12878")])

    lines = str(refused.value).splitlines()
    assert sorted(line.partition(": ")[0] for line in lines) == [
        str(folder / "bam/sorted.bam"),
        str(folder / "stats/bam_stats.dat"),
    ]


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("bam/sorted.cram", {"keeps_cram": True}),
        ("qc/fingerprint.vcf.gz", {"sites": Path("sites.vcf.gz")}),
        ("qc/fastp.json", {"trims": True}),
    ],
)
def test_what_only_some_runs_write_is_in_the_way_of_them_alone(
    sample: LocalSample, folder: Path, name: str, asked: dict[str, Any]
) -> None:
    own = replace(sample, sample_id="NA12878")
    write(folder / name, "mine")

    require_room(folder.parent, [own])
    with pytest.raises(LocalSampleError, match=f"^{folder / name}: is not an earlier run's"):
        require_room(folder.parent, [replace(own, **asked)])


def test_folder_without_anything_has_no_results(folder: Path) -> None:
    assert has_results(folder)
    assert not has_results(folder.parent / "NA12879")
    (folder.parent / "NA12879").mkdir()
    assert not has_results(folder.parent / "NA12879")


def test_what_describes_a_failed_run_and_files_of_the_user_are_no_results(tmp_path: Path) -> None:
    write(tmp_path / "report/run.html", "failed")
    write(tmp_path / "provenance/ro-crate-metadata.json", "{}")
    write(tmp_path / "provenance/ro-crate-workflow.json", "{}")
    write(tmp_path / "bam/of_another_pipeline.bam", "reads")
    assert not has_results(tmp_path)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("results", "results.state"),
        ("some/results", "some/results.state"),
        (".", "{folder}.state"),
        ("some/..", "{folder}.state"),
        ("..", "{folder.parent}.state"),
    ],
)
def test_state_is_beside_the_results(
    given: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder := tmp_path / "here/work").mkdir(parents=True)
    monkeypatch.chdir(folder)

    assert state_beside(Path(given)) == Path(expected.format(folder=folder))


def test_state_beside_a_whole_file_system_is_refused() -> None:
    with pytest.raises(LocalSampleError, match="nothing is beside /: give --state"):
        state_beside(Path("/"))
