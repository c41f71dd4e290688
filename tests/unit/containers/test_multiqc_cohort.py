"""Nothing is missing from MultiQC's report of a cohort unnoticed."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from jobkit.errors import InvalidOutputError
from multiqc.cohort_report import require_files, require_samples
from picard.files import no_insert_sizes
from seqstack.domain.qc_list import ListedQc
from seqstack.domain.results import INSERT_SIZES, STATS
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample_list import ListedFile

FILES = {path: ListedFile(9, "e1") for path in (STATS, INSERT_SIZES)}
SAMPLES = [ListedQc(name, S3Uri("results", f"{name}/"), FILES) for name in ("ann", "bob")]


def table(folder: Path, names: Sequence[str]) -> Path:
    path = folder / "multiqc_general_stats.txt"
    path.write_text("".join(f"{name}\t1\n" for name in ("Sample", *names)))
    return path


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["ann"], "1 of 2 samples are not in multiqc_general_stats.txt"),
        (["ann", "variants"], "1 of 2 samples are not in"),
        (["ann", "bob", "variants"], "has 3 rows for 2 samples"),
        (["ann", "ann", "bob"], "has 3 rows for 2 samples"),
    ],
)
def test_table_without_exactly_the_samples_is_refused(
    tmp_path: Path, names: list[str], said: str
) -> None:
    with pytest.raises(InvalidOutputError, match=said):
        require_samples(table(tmp_path, names), ["ann", "bob"])


def test_table_with_the_samples_in_any_order_is_right(tmp_path: Path) -> None:
    require_samples(table(tmp_path, ["bob", "ann"]), ["ann", "bob"])


def sources(folder: Path, *read: str) -> Path:
    path = folder / "multiqc_sources.txt"
    rows = [f"Module\tpart\tname\t{folder}/figures/{each}\n" for each in read]
    path.write_text("".join(["Module\tSection\tSample Name\tSource\n", *rows]))
    return path


READ = ("bam_stats/ann", "bam_stats/bob", "insert_size_metrics/ann")


def test_file_that_multiqc_has_not_read_is_named(tmp_path: Path) -> None:
    insert_sizes = tmp_path / "figures/insert_size_metrics"
    insert_sizes.mkdir(parents=True)
    (insert_sizes / "bob").write_text("## METRICS CLASS\tpicard.analysis.InsertSizeMetrics\n")

    with pytest.raises(InvalidOutputError, match=f"1 files: {INSERT_SIZES} of bob"):
        require_files(sources(tmp_path, *READ), SAMPLES, tmp_path)
    with pytest.raises(InvalidOutputError, match=f"1 files: {STATS} of ann"):
        require_files(sources(tmp_path, *READ[1:], "insert_size_metrics/bob"), SAMPLES, tmp_path)
    require_files(sources(tmp_path, *READ, "insert_size_metrics/bob"), SAMPLES, tmp_path)


def test_sample_without_an_aligned_pair_has_no_insert_sizes_to_read(tmp_path: Path) -> None:
    insert_sizes = tmp_path / "figures/insert_size_metrics"
    insert_sizes.mkdir(parents=True)
    (insert_sizes / "bob").write_text(no_insert_sizes(["CollectInsertSizeMetrics"]))

    require_files(sources(tmp_path, *READ), SAMPLES, tmp_path)
