"""A sample of a real exome's size: the emulator beside the shell script, once.

    make bench-large                          # 3 GB of reads, 312 Mb of reference
    make bench-large BENCH_ARGS="--scale 0.01"

Reads are generated in pieces, and kept: an interrupted generation goes on from where it was.
"""

import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.contest import Contest, Run, first_run
from benchmarks.measuring import disk_bytes, peak_of, process_memory
from benchmarks.results import table
from benchmarks.samples import Sample, found, generated
from benchmarks.settings import Settings
from demo.exome.large import generate_large
from demo.exome.spec import SMALL, ExomeSpec
from seqstack.tools.registry import Tool

TITLE = "A sample of a real exome's size"
TOOLS = (Tool.BWA, Tool.BCFTOOLS, Tool.SNPEFF, Tool.SAMTOOLS_STATS, Tool.PICARD, Tool.MULTIQC)
PACKAGES = ("moto",)

_CHROMOSOMES = 25
_BASES, _GENES, _SNVS, _INDELS = 12_500_000, 20_000, 20_000, 2_000
_DEPTH = 80.0
_HOURS = 2
_DISK_SECONDS = 1.0


def spec_of(scale: float) -> ExomeSpec:
    """An exome with this share of the bases, genes, variants and so reads."""
    return replace(
        SMALL,
        sample_id="large",
        chromosome_lengths=(max(50_000, round(scale * _BASES)),) * _CHROMOSOMES,
        genes=max(2 * _CHROMOSOMES, round(scale * _GENES)),
        snvs=max(100, round(scale * _SNVS)),
        indels=max(50, round(scale * _INDELS)),
        mean_depth=_DEPTH,
    )


def run(settings: Settings) -> str:
    """Generate, run by the shell and by the emulator, compare."""
    scale = 0.01 if settings.is_quick else settings.scale
    spec = spec_of(scale)
    place = settings.folder / f"{spec.sample_id}-{scale:g}"
    generate_large(spec, place, lambda what: print(f"generating: {what}", flush=True))
    sample = found(spec, place)
    with TemporaryDirectory(dir=settings.folder, prefix="work-") as name:
        work = Path(name)
        first = first_run(generated(SMALL, settings.samples), work)
        contest = Contest(sample, first, work)
        print("by the shell", flush=True)
        shell, shell_disk = _with_disk(work, contest)
        print("by the emulator", flush=True)
        began = time.monotonic()
        emulator, disk = _with_disk(work, contest, is_emulator=True)
        hours = (time.monotonic() - began) / 3600
    if emulator.checksums != shell.checksums:
        raise RuntimeError("the emulator and the shell have called different variants")
    return _report(sample, spec, (shell, shell_disk), (emulator, disk), hours)


def _with_disk(work: Path, contest: Contest, *, is_emulator: bool = False) -> tuple[Run, int]:
    """A run, and the most bytes of disk that it took meanwhile."""
    before = disk_bytes(work)
    with peak_of(lambda: disk_bytes(work), _DISK_SECONDS) as disk:
        run = contest.emulator(process_memory) if is_emulator else contest.shell()
    return run, disk() - before


def _report(
    sample: Sample,
    spec: ExomeSpec,
    shell: tuple[Run, int],
    emulator: tuple[Run, int],
    hours: float,
) -> str:
    reads = sum(path.stat().st_size for path in (sample.fastq1, sample.fastq2)) / 1e9
    base = shell[0].usage.seconds
    rows = [
        [
            name,
            f"{run.usage.seconds / 60:.1f} min",
            f"{run.usage.seconds / base:.2f}",
            f"{run.usage.cpu_seconds / 60:.1f} min",
            f"{run.usage.peak_bytes / 1e6:.0f} MB" if run.usage.peak_bytes else "",
            f"{disk / 1e9:.2f} GB",
        ]
        for name, (run, disk) in (("shell", shell), ("`emulator run`, from cold", emulator))
    ]
    heads = ["", "time", "of the shell", "CPU time", "memory of the engine", "disk"]
    return (
        f"{reads:.2f} GB of gzipped reads, {sum(spec.chromosome_lengths) / 1e6:.0f} Mb of "
        "reference, one round. Memory and disk are the most at any moment: memory that of the "
        "emulator's own process, without the jobs; disk without the inputs.\n\n"
        f"{table(heads, rows)}\n\n"
        f"- Within {_HOURS} hours: {'met' if hours <= _HOURS else 'MISSED'}"
    )
