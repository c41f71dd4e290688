"""What an engine adds to the tools' own time: the same sample by several engines."""

import gzip
import hashlib
import json
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import engines
from benchmarks.measuring import Usage, measure, tree_cpu_seconds
from benchmarks.pairs import Spread, in_turn, ratios
from benchmarks.polling import polled_run
from benchmarks.results import table, version_in
from benchmarks.samples import Sample, generated
from benchmarks.serving import REPOSITORY, Server, serving
from benchmarks.settings import Settings
from benchmarks.step_scripts import ANNOTATED, GIVEN, VARIANTS, Share, StepScript, lay_out
from demo.exome.spec import SMALL, ExomeSpec
from seqstack.domain.words import Step
from seqstack.tools.registry import Tool

TITLE = "Engine overhead"
TOOLS = (Tool.BWA, Tool.BCFTOOLS, Tool.SNPEFF, Tool.SAMTOOLS_STATS, Tool.PICARD, Tool.MULTIQC)
PACKAGES = ("moto",)

_OTHERS = REPOSITORY / ".venv-bench"
_SNAKEMAKE = f"Snakemake {version_in(_OTHERS, 'snakemake')}"
_CWLTOOL = f"cwltool {version_in(_OTHERS, 'cwltool')}"
_SHELL, _ONE_BY_ONE = "shell, branches side by side", "shell, one step after the other"
_COLD, _SERVED = "`emulator run`, from cold", "`seqstack run`, the emulator serving"
_POLLING = "the original's polling, computed"


@dataclass(frozen=True, slots=True)
class _Size:
    """A sample, how often it is measured, and the most that the emulator may take of the shell."""

    spec: ExomeSpec
    rounds: int
    most: float


_SIZES = (
    _Size(SMALL, 3, 1.25),
    _Size(
        replace(
            SMALL,
            sample_id="minute",
            chromosome_lengths=(4_000_000, 2_500_000, 1_500_000),
            genes=900,
            snvs=3_000,
            indels=800,
            mean_depth=110.0,
        ),
        2,
        1.05,
    ),
)


@dataclass(frozen=True, slots=True)
class _Run:
    """What a run took, checksums of its variants, and its time with polls, of timed steps."""

    usage: Usage
    checksums: tuple[str, ...]
    polled: float = 0.0


def run(settings: Settings) -> str:
    """Measure all engines with each size."""
    sizes = _SIZES[:1] if settings.is_quick else _SIZES
    samples = [generated(size.spec, settings.samples) for size in sizes]
    with TemporaryDirectory(dir=settings.folder, prefix="work-") as name:
        work = Path(name)
        shares = _shares(samples[0], work)
        with serving(work) as server:
            parts = [
                _section(size, _Contest(sample, shares, work, server), settings)
                for size, sample in zip(sizes, samples, strict=True)
            ]
    return "\n\n".join([_ABOUT, *parts])


_ABOUT = """A simulated exome from FASTQ to annotated variants, statistics and MultiQC's report;
its reference is indexed before. All engines run the same command lines with the same numbers of
threads, and must call the same variants. Ratios are to the shell script that runs branches side by
side, of the same round. Only the emulator checks all inputs and outputs, verifies each copy by its
checksum, and keeps records.

The original's polling is computed of the steps of that script: a Lambda function submits a job, a
second one looks at once and then every 30 seconds. miniwdl is not measured: it runs tasks in
containers only."""


def _section(size: _Size, contest: "_Contest", settings: Settings) -> str:
    rounds = in_turn(contest.ways(), settings.rounds or size.rounds)
    found = {each.checksums for runs in rounds.values() for each in runs}
    if len(found) != 1:
        raise RuntimeError(f"engines have called different variants: {rounds}")
    seconds = {name: [each.usage.seconds for each in runs] for name, runs in rounds.items()}
    seconds[_POLLING] = [each.polled for each in rounds[_SHELL]]
    times = {name: ratios(taken, seconds[_SHELL]) for name, taken in seconds.items()}
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
        f"Rounds: {len(seconds[_SHELL])}\n\n"
        + table(["", "time", "of the shell", "CPU time"], rows)
        + "\n\n"
        + "\n".join(f"- {aim}" for aim in aims)
    )


def _aims(times: Mapping[str, Spread], most: float) -> list[str]:
    def aim(text: str, *, is_met: bool) -> str:
        return f"{text}: {'met' if is_met else 'MISSED'}"

    served, cold = times[_SERVED].median, times[_COLD].median
    return [
        aim(f"At most {most} of the shell while serving ({served:.2f})", is_met=served <= most),
        *(
            aim(f"From cold ({cold:.2f}) below {name} ({times[name].median:.2f})", is_met=is_below)
            for name in (_SNAKEMAKE, _CWLTOOL)
            for is_below in [cold < times[name].median]
        ),
    ]


def _environment(work: Path) -> dict[str, str]:
    """The same for all: caches and temporary files are in `work`."""
    return {**os.environ, "TMPDIR": str(work), "XDG_CACHE_HOME": str(work / "cache")}


def _emulator_command(sample: Sample, reference: Path, results: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "emulator", "run", f"--results={results}"),
        *_sample_options(sample, reference),
    ]


def _sample_options(sample: Sample, reference: Path) -> list[str]:
    return [
        *("--sample", sample.sample_id, f"--fastq1={sample.fastq1}", f"--fastq2={sample.fastq2}"),
        *(f"--reference={reference}", f"--annotation={sample.annotation}"),
        *(f"--targets={sample.targets}", "--caller=bcftools", "--exome"),
    ]


def _shares(sample: Sample, work: Path) -> dict[Step, Share]:
    """What the emulator's jobs have of this machine; this also has everything compiled and read."""
    folder = work / "first"
    measure(
        _emulator_command(sample, sample.reference, folder),
        folder=REPOSITORY,
        environment=_environment(work),
    )
    records = [json.loads(path.read_text()) for path in folder.glob("*/provenance/*.json")]
    shutil.rmtree(folder)
    return {Step(each["step"]): Share(each["threads"], each["memoryGib"]) for each in records}


class _Contest:
    """A sample by each engine."""

    def __init__(
        self, sample: Sample, shares: Mapping[Step, Share], work: Path, server: Server
    ) -> None:
        self.sample = sample
        self._work, self._server = work, server
        self._environment = _environment(work)
        self._given = work / f"{sample.sample_id}-given"
        self._steps: dict[Step, StepScript] = lay_out(sample, shares, self._given)

    def ways(self) -> dict[str, Callable[[], _Run]]:
        """Each engine by its name."""
        snakemake = [str(_OTHERS / "bin/snakemake"), "--cores", str(os.process_cpu_count())]
        cwltool = [str(_OTHERS / "bin/cwltool"), "--parallel", "--no-container", "--outdir=results"]
        return {
            _SHELL: lambda: self._by_files({"run.sh": engines.side_by_side()}, ["bash", "run.sh"]),
            _ONE_BY_ONE: lambda: self._by_files(
                {"run.sh": engines.one_by_one()}, ["bash", "run.sh"]
            ),
            _COLD: self._from_cold,
            _SERVED: self._while_serving,
            _SNAKEMAKE: lambda: self._by_files(
                {"Snakefile": engines.snakefile(self._steps)}, snakemake
            ),
            _CWLTOOL: lambda: self._by_files(
                {
                    "workflow.cwl": json.dumps(engines.cwl_workflow(self._steps)),
                    "job.json": engines.cwl_job(self._given),
                },
                [*cwltool, "workflow.cwl", "job.json"],
            ),
        }

    def _by_files(self, files: Mapping[str, str], command: Sequence[str]) -> _Run:
        """A command in a folder with what was given, and files of its own."""
        with self._folder() as name:
            folder = Path(name)
            for each in GIVEN:
                (folder / each).symlink_to(self._given / each)
            for file, text in files.items():
                (folder / file).write_text(text)
            usage = measure(command, folder=folder, environment=self._environment)
            times = folder / engines.TIMES
            polled = polled_run(engines.read_times(times)) if times.exists() else 0.0
            return _Run(usage, _checksums(folder), polled)

    def _from_cold(self) -> _Run:
        with self._folder() as name:
            results = Path(name, "results")
            command = _emulator_command(self.sample, self._reference, results)
            usage = measure(command, folder=REPOSITORY, environment=self._environment)
            return _Run(usage, _checksums(results))

    def _while_serving(self) -> _Run:
        seqstack = [*(f"{REPOSITORY}/.venv/bin/seqstack", "--local"), "--json"]
        seqstack += ["--local-port", self._server.port]
        options = _sample_options(self.sample, self._reference)
        script = (
            "set -euo pipefail\n"
            f"{shlex.join([*seqstack, 'run', *options, '--no-cache', '--watch'])} >run.json\n"
            """run=$(sed -n 's/^  "runId": "\\(.*\\)",$/\\1/p' run.json)\n"""
            f'{shlex.join([*seqstack, "download"])} "$run" results\n'
        )
        with self._folder() as name:
            before = tree_cpu_seconds(self._server.process)
            environment = {**self._environment, **self._server.environment}
            usage = measure(["bash", "-c", script], folder=Path(name), environment=environment)
            served = tree_cpu_seconds(self._server.process) - before
            usage = replace(usage, cpu_seconds=usage.cpu_seconds + served)
            return _Run(usage, _checksums(Path(name, "results")))

    @property
    def _reference(self) -> Path:
        return self._given / "reference/genome.fa"

    def _folder(self) -> TemporaryDirectory[str]:
        return TemporaryDirectory(dir=self._work)


def _checksums(folder: Path) -> tuple[str, ...]:
    """Of the records of the variants, annotated and not."""
    return tuple(_checksum(folder, name) for name in (VARIANTS, ANNOTATED))


def _checksum(folder: Path, name: str) -> str:
    path = next(folder.rglob(name))
    with gzip.open(path) as lines:
        records = b"".join(line for line in lines if not line.startswith(b"#"))
    return hashlib.sha256(records).hexdigest()
