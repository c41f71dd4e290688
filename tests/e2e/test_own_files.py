"""Files of this machine through `python -m emulator run`."""

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pysam
import pytest

from demo.evaluation.evaluate import Bounds, RunFiles, evaluate
from demo.exome.generate import DemoExome
from seqstack.domain.results import ACCURACY
from tests.e2e.conftest import Emulate
from tests.support.waiting import until


@pytest.fixture
def arguments(indexed_exome: DemoExome, tmp_path: Path) -> list[str]:
    exome = indexed_exome
    return [
        *("--fastq1", str(exome.fastq1[0]), "--fastq2", str(exome.fastq2[0])),
        *("--reference", str(exome.reference), "--annotation", str(exome.annotation)),
        *("--results", str(tmp_path / "results")),
    ]


def unpacked(path: Path, folder: Path) -> Path:
    target = folder / path.name.removesuffix(".gz")
    with gzip.open(path) as source, target.open("wb") as plain:
        shutil.copyfileobj(source, plain)
    return target


@pytest.mark.long
def test_run_plain_files_gives_the_right_variants(
    emulate: Emulate, exome: DemoExome, tmp_path: Path
) -> None:
    """Nothing is gzipped, the genes lie beside the reference, names have blanks.

    The accuracy of earlier calls does not lie where the report would link to it.
    """
    page = tmp_path / "results/mine" / ACCURACY
    page.parent.mkdir(parents=True)
    page.write_text("of other calls")
    own = tmp_path / "my files"
    own.mkdir()
    shutil.copy(exome.reference, own / "my genome.fa")
    shutil.copy(exome.annotation, own / "my genome.gff3")
    with pysam.VariantFile(str(exome.truth)) as truth:
        snvs = [each for each in truth if {len(each.ref), *map(len, each.alts or ())} == {1}]
    rows = (f"{each.chrom}\t{each.pos}\t.\t{each.ref}\t{each.alts[0]}\n" for each in snvs)
    (own / "common sites.vcf").write_text("".join(rows))

    ended = emulate(
        *("run", "--sample", "mine", "--results", str(tmp_path / "results")),
        *("--fastq1", str(unpacked(exome.fastq1[0], own))),
        *("--fastq2", str(unpacked(exome.fastq2[0], own))),
        *("--reference", str(own / "my genome.fa"), "--sites", str(own / "common sites.vcf")),
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    folder = tmp_path / "results/mine"
    assert not page.exists()
    assert (folder / "accuracy-earlier/accuracy.html").read_text() == "of other calls"
    assert f"is of other calls; it is in {folder}/accuracy-earlier now." in ended.stdout
    with pysam.VariantFile(str(folder / "qc/fingerprint.vcf.gz")) as fingerprint:
        assert [each.pos for each in fingerprint] == [each.pos for each in snvs]
    with pysam.AlignmentFile(str(folder / "bam/sorted.bam")) as bam:
        assert {group["SM"] for group in bam.header["RG"]} == {"mine"}
    assert Bounds().missed_by(evaluate(exome, RunFiles.of(folder))) == ()
    assert sorted(path.name for path in own.iterdir() if path.suffix == ".fai") == []


def test_run_files_missing_are_all_named(emulate: Emulate, tmp_path: Path) -> None:
    ended = emulate(
        *("run", "--sample", "s", "--results", str(tmp_path / "results")),
        *("--fastq1", "no_1.fq", "--fastq2", "no_2.fq", "--reference", "no.fa"),
    )

    assert ended.returncode == 2
    for name in ("no_1.fq", "no_2.fq", "no.fa", "--annotation"):
        assert name in ended.stdout
    assert not (tmp_path / "results").exists()


def test_run_sample_id_bad_is_reported_before_anything_runs(
    emulate: Emulate, arguments: list[str]
) -> None:
    ended = emulate("run", "--sample", "a b", *arguments)

    assert ended.returncode == 2
    assert "--sample: 'a b' is not allowed here" in ended.stdout
    assert "Run" not in ended.stdout


@pytest.mark.long
def test_run_fastq_truncated_says_which_file_and_keeps_earlier_results(
    emulate: Emulate, arguments: list[str], exome: DemoExome, tmp_path: Path
) -> None:
    whole = exome.fastq2[0].read_bytes()
    cut = tmp_path / "cut_R2.fastq.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    arguments[arguments.index(str(exome.fastq2[0]))] = str(cut)
    earlier = tmp_path / "results/s/vcf/variants/variants.vcf.gz"
    earlier.parent.mkdir(parents=True)
    earlier.write_text("earlier")

    ended = emulate("run", "--sample", "s", *arguments)

    assert ended.returncode == 2
    assert f"{cut} does not end as a gzip file does" in ended.stdout
    assert earlier.read_text() == "earlier"


@pytest.fixture
def started(
    arguments: list[str], pytestconfig: pytest.Config, tmp_path: Path
) -> subprocess.Popen[str]:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    return subprocess.Popen(
        [sys.executable, "-m", "emulator", "run", "--sample", "s", *arguments],
        cwd=pytestconfig.rootpath,
        env={**os.environ, "TMPDIR": str(temporary), "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def descendants(pid: int) -> list[int]:
    """Every process below `pid`, by the parents that /proc tells."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found, below = [], [pid]
    while below:
        above = below.pop()
        children = [child for child, parent in parents.items() if parent == above]
        found += children
        below += children
    return found


def wait_for_program(pid: int, program: str) -> int:
    """The first process below `pid` that runs `program … mem …`, as soon as it does."""

    def found() -> int:
        for child in descendants(pid):
            with suppress(FileNotFoundError, ProcessLookupError):
                command = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
                if command[0].endswith(program.encode()) and b"mem" in command:
                    return child
        return 0

    return until(found)


@pytest.mark.long
def test_run_bwa_killed_fails_with_step_exit_status_and_log(
    started: subprocess.Popen[str], tmp_path: Path
) -> None:
    os.kill(wait_for_program(started.pid, "bwa"), signal.SIGTERM)

    output, _ = started.communicate(timeout=1200)

    assert started.returncode == 1
    assert "ToolFailedError" in output
    assert "align (bwa) failed: exit status 143" in output
    assert "lines of its log:" in output
    assert "bwa failed: killed by signal 15 (SIGTERM)" in output
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.long
def test_run_bwa_killed_as_for_want_of_memory_is_tried_again_with_twice_of_it(
    started: subprocess.Popen[str], tmp_path: Path
) -> None:
    os.kill(wait_for_program(started.pid, "bwa"), signal.SIGKILL)

    output, _ = started.communicate(timeout=1200)

    assert started.returncode == 0, output
    provenance = json.loads((tmp_path / "results/s/provenance/align.json").read_text())
    assert provenance["job"]["id"]
    command = " ".join(provenance["commands"][0]["argv"])
    assert "bwa mem" in command
    assert re.search(r"align +bwa +succeeded +2 ", output)
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_interrupted_leaves_no_process_and_no_file(
    started: subprocess.Popen[str], tmp_path: Path, number: signal.Signals
) -> None:
    wait_for_program(started.pid, "bwa")
    children = descendants(started.pid)

    started.send_signal(number)
    output, errors = started.communicate(timeout=1200)

    assert started.returncode == 128 + number
    assert ("Interrupted." in output) == (number == signal.SIGINT)
    assert errors.strip() == ""
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []
    assert list((tmp_path / "tmp").iterdir()) == []
