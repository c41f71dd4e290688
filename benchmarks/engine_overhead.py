"""What an engine adds to the tools' own time: the same sample by several engines."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.contest import (
    COLD,
    CWLTOOL,
    ONE_BY_ONE,
    SERVED,
    SHELL,
    SNAKEMAKE,
    Contest,
    first_run,
)
from benchmarks.pairs import Spread, in_turn, ratios
from benchmarks.results import table
from benchmarks.samples import generated
from benchmarks.serving import Server, serving
from benchmarks.settings import Settings
from demo.exome.spec import SMALL, ExomeSpec
from seqstack.tools.registry import Tool

TITLE = "Engine overhead"
TOOLS = (Tool.BWA, Tool.BCFTOOLS, Tool.SNPEFF, Tool.SAMTOOLS_STATS, Tool.PICARD, Tool.MULTIQC)
PACKAGES = ("moto",)

_POLLING = "the original's polling, computed"


@dataclass(frozen=True, slots=True)
class _Size:
    """A sample, how often it is measured, and the most that the emulator may take of the shell.

    `left_out` are ways that this size has no time for.
    """

    spec: ExomeSpec
    rounds: int
    most: float
    left_out: frozenset[str] = frozenset()


_SIZES = (
    _Size(SMALL, 3, 1.25),
    _Size(
        replace(
            SMALL,
            sample_id="minute",
            chromosome_lengths=(3_000_000, 2_000_000, 1_000_000),
            genes=640,
            snvs=2_000,
            indels=600,
            mean_depth=110.0,
        ),
        2,
        1.05,
        frozenset({ONE_BY_ONE}),
    ),
)


def run(settings: Settings) -> str:
    """Measure all engines with each size."""
    sizes = _SIZES[:1] if settings.is_quick else _SIZES
    samples = [generated(size.spec, settings.samples) for size in sizes]
    with TemporaryDirectory(dir=settings.folder, prefix="work-") as name:
        work = Path(name)
        first = first_run(samples[0], work)
        with serving(work) as server:
            parts = [
                _section(size, Contest(sample, first, work), server, settings)
                for size, sample in zip(sizes, samples, strict=True)
            ]
    return "\n\n".join([_ABOUT, *parts])


_ABOUT = """A simulated exome from FASTQ to annotated variants, statistics and MultiQC's report;
its reference is indexed beforehand. All engines run the same command lines with the same numbers of
threads, and must call the same variants. Ratios are to the shell script that runs branches side by
side, in the same round. Only the emulator checks all inputs and outputs, verifies each copy by its
checksum, and keeps records.

The original's polling is computed from the times of the steps of that script: a Lambda function
submits a job, a second one looks at once and then every 30 seconds. miniwdl is not measured: it
runs tasks in containers only."""


def _section(size: _Size, contest: Contest, server: Server, settings: Settings) -> str:
    ways = contest.ways(server)
    for name in size.left_out:
        del ways[name]
    rounds = in_turn(ways, settings.rounds or size.rounds)
    found = {each.checksums for runs in rounds.values() for each in runs}
    if len(found) != 1:
        raise RuntimeError(f"engines have called different variants: {rounds}")
    seconds = {name: [each.usage.seconds for each in runs] for name, runs in rounds.items()}
    seconds[_POLLING] = [each.polled for each in rounds[SHELL]]
    times = {name: ratios(taken, seconds[SHELL]) for name, taken in seconds.items()}
    rows = [
        [
            name,
            Spread.of(taken).text(".1f", "s"),
            times[name].text(".2f"),
            Spread.of(run.usage.cpu_seconds for run in rounds[name]).text(".1f", "s")
            if name in rounds
            else "",
        ]
        for name, taken in seconds.items()
    ]
    reads = sum(path.stat().st_size for path in (contest.sample.fastq1, contest.sample.fastq2))
    aims = _aims(times, size.most)
    return (
        f"### {reads / 1e6:.1f} MB of reads\n\n"
        f"Rounds: {len(seconds[SHELL])}\n\n"
        + table(["", "time", "of the shell", "CPU time"], rows)
        + "\n\n"
        + "\n".join(f"- {aim}" for aim in aims)
    )


def _aims(times: Mapping[str, Spread], most: float) -> list[str]:
    def aim(text: str, *, is_met: bool) -> str:
        return f"{text}: {'met' if is_met else 'MISSED'}"

    served, cold = times[SERVED].median, times[COLD].median
    return [
        aim(f"At most {most} of the shell while serving ({served:.2f})", is_met=served <= most),
        *(
            aim(f"From cold ({cold:.2f}) below {name} ({times[name].median:.2f})", is_met=is_below)
            for name in (SNAKEMAKE, CWLTOOL)
            for is_below in [cold < times[name].median]
        ),
    ]
