import gzip
from pathlib import Path

import pytest

from jobkit.errors import JobError, OutOfMemoryError, UsageError
from jobkit.exit_codes import ExitCode
from strelka.captured import as_bed, is_captured, sample_windows
from strelka.commands import build_configure_command, build_run_command
from strelka.failure import report_lines, workflow_failure
from strelka.filters import count_filters, high_depth_warning

STAMP = "[2026-11-28T12:00:00.000000Z] [host] [77_1] [WorkflowRunner] [ERROR]"
TASK = "'CallGenome+callGenomeSegment_chromId_000_chr1_0000'"


@pytest.mark.parametrize(
    ("cmd_args", "is_captured", "expected"),
    [
        (["--exome"], False, ["--exome"]),
        (["--exome"], True, ["--exome"]),
        (["--targeted"], True, ["--targeted"]),
        (["--rna"], True, ["--rna", "--exome"]),
        ([], True, ["--exome"]),
        ([], False, []),
    ],
)
def test_build_configure_command_says_exome_once(
    cmd_args: list[str], is_captured: bool, expected: list[str]
) -> None:
    assert build_configure_command(
        Path("b.bam"), Path("g.fa"), Path("run"), cmd_args, is_captured=is_captured
    ) == [
        *("configureStrelkaGermlineWorkflow.py", "--bam", "b.bam", "--referenceFasta", "g.fa"),
        *(*expected, "--runDir", "run"),
    ]


def test_build_configure_command_names_the_regions() -> None:
    command = build_configure_command(
        Path("b.bam"), Path("g.fa"), Path("run"), is_captured=True, regions=Path("r.bed.gz")
    )
    assert command[-5:] == ["--exome", "--callRegions", "r.bed.gz", "--runDir", "run"]


@pytest.mark.parametrize(
    ("memory_gib", "expected"),
    [(None, "2"), (0.5, "2"), (1, "2"), (2, "2"), (7.9, "7"), (32, "32")],
)
def test_build_run_command_gives_whole_gb_never_below_two(
    memory_gib: float | None, expected: str
) -> None:
    assert build_run_command(Path("run"), threads=4, memory_gib=memory_gib) == [
        *("python2", "run/runWorkflow.py", "-m", "local", "-j", "4", "-g", expected, "--quiet"),
    ]


def test_build_run_command_of_tasks_larger_than_the_job_is_refused() -> None:
    build_run_command(Path("run"), threads=1, memory_gib=4, task_mib=4096)
    with pytest.raises(UsageError, match="--callMemMb 4097 is more than the 4 GiB of the job"):
        build_run_command(Path("run"), threads=1, memory_gib=4, task_mib=4097)


def run_dir(folder: Path, errors: str, status: str = "1") -> Path:
    (folder / "workflow.error.log.txt").write_text(errors)
    (folder / "workflow.exitcode.txt").write_text(f"{status}\n")
    return folder


def test_workflow_failure_names_the_task_and_not_the_interpreter(tmp_path: Path) -> None:
    errors = (
        f"{STAMP} Workflow terminated due to the following task errors:\n"
        f"{STAMP} Failed to complete command task: {TASK}\n{STAMP} FATAL: no such contig\n"
    )
    failure = workflow_failure(run_dir(tmp_path, errors))

    assert isinstance(failure, JobError)
    assert str(failure) == f"Strelka failed: Failed to complete command task: {TASK}"
    assert failure.exit_code == ExitCode.TOOL_FAILED
    assert failure.evidence[-1] == f"[workflow.error.log.txt] {STAMP} FATAL: no such contig"


@pytest.mark.parametrize("code", ["taskExitCode -9", "taskExitCode: -9", "error code: -9, command"])
def test_workflow_failure_of_a_killed_task_is_out_of_memory(tmp_path: Path, code: str) -> None:
    failure = workflow_failure(run_dir(tmp_path, f"{STAMP} {TASK} {code}\n"))

    assert isinstance(failure, OutOfMemoryError)
    assert failure.exit_code == 137


@pytest.mark.parametrize("code", ["taskExitCode -90", "taskExitCode 9", "taskExitCode -11"])
def test_workflow_failure_of_a_task_that_fails_is_not(tmp_path: Path, code: str) -> None:
    failure = workflow_failure(run_dir(tmp_path, f"{STAMP} {TASK} {code}\n"))

    assert not isinstance(failure, OutOfMemoryError)


def test_workflow_failure_without_reports_is_none(tmp_path: Path) -> None:
    assert workflow_failure(tmp_path) is None
    assert workflow_failure(run_dir(tmp_path, "", status="0")) is None
    assert str(workflow_failure(run_dir(tmp_path, ""))) == "Strelka failed: no reason was reported"
    assert report_lines(tmp_path) == ["[workflow.exitcode.txt] 1"]


def test_sample_windows_cover_a_small_genome_and_sample_a_large_one() -> None:
    assert sample_windows({"a": 60_000, "b": 10}) == [
        *(("a", 0, 25_000), ("a", 25_000, 50_000), ("a", 50_000, 60_000)),
        ("b", 0, 10),
    ]
    human = sample_windows({"chr1": 250_000_000, "chr2": 240_000_000})
    assert 300 <= len(human) <= 402
    assert {contig for contig, _, _ in human} == {"chr1", "chr2"}
    assert all(end - start <= 25_000 for _, start, end in human)
    assert as_bed([("a", 0, 5)]) == "a\t0\t5\n"


def depths(*stretches: tuple[int, int]) -> list[str]:
    """Lines of `samtools depth`: so many bases of each depth."""
    bases = [depth for count, depth in stretches for _ in range(count)]
    return [f"a\t{place}\t{depth}\n" for place, depth in enumerate(bases, start=1)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (depths((10_000, 30)), False),  # a genome at 30x, evenly
        (depths((9_900, 30), (100, 5_000)), False),  # with a pile of repeats: 63% of bases
        (depths((500, 80)), True),  # 5 % of the genome captured, at 80x: the mean is 4
        (depths((500, 80), (9_000, 1)), True),  # with reads off target
        (depths((1_500, 45), (1_500, 15), (4_000, 1)), True),  # targets and flanks everywhere
        (depths((2_000, 1), (200, 2)), False),  # a genome at 0.24x
        (depths((2_000, 1), (10, 60)), False),  # with a repeat: nothing else has depth 5
        ([], False),
    ],
)
def test_is_captured_by_where_the_reads_lie(lines: list[str], expected: bool) -> None:
    assert is_captured([("a", 0, 10_000)], lines) is expected


def vcf(path: Path, filters: list[str]) -> Path:
    rows = "".join(f"c\t{n}\t.\tA\tC\t9\t{each}\tDP=1\n" for n, each in enumerate(filters, 1))
    with gzip.open(path, "wt") as file:
        file.write(f"##fileformat=VCFv4.2\n#CHROM\tPOS\n{rows}")
    return path


def test_count_filters_counts_each_of_a_records_filters(tmp_path: Path) -> None:
    counts = count_filters(vcf(tmp_path / "v", ["PASS", "LowGQX;HighDepth", "HighDepth"]))

    assert counts == {"records": 3, "PASS": 1, "LowGQX": 1, "HighDepth": 2}


@pytest.mark.parametrize(
    ("filters", "is_told"),
    [
        (["HighDepth"] * 8 + ["PASS"] * 2, True),
        (["HighDepth"] * 7 + ["PASS"] * 3, False),
        ([], False),
    ],
)
def test_high_depth_warning_is_of_a_callset_that_is_nearly_all_so(
    tmp_path: Path, filters: list[str], is_told: bool
) -> None:
    warning = high_depth_warning(count_filters(vcf(tmp_path / "v", filters)))

    assert bool(warning) is is_told
    assert not is_told or "8 of 10 records are filtered as HighDepth" in warning
