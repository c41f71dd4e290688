"""A sample by several engines, which must call the same variants."""

import gzip
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import engines
from benchmarks.measuring import Usage, measure, tree_cpu_seconds
from benchmarks.polling import polled_run
from benchmarks.results import version_in
from benchmarks.samples import Sample
from benchmarks.serving import REPOSITORY, Server
from benchmarks.step_scripts import ANNOTATED, GIVEN, VARIANTS, Share, StepScript, lay_out
from multiqc.charts import Plot, charts_text
from multiqc.commands import build_heterozygous_command, build_variant_stats_command
from multiqc.sample_plots import sample_plots
from seqstack.domain.results import ANNOTATION_STATISTICS
from seqstack.domain.words import Step

_OTHERS = REPOSITORY / ".venv-bench"
SNAKEMAKE = f"Snakemake {version_in(_OTHERS, 'snakemake')}"
CWLTOOL = f"cwltool {version_in(_OTHERS, 'cwltool')}"
SHELL, ONE_BY_ONE = "shell, branches side by side", "shell, one step after the other"
COLD, SERVED = "`emulator run`, from cold", "`seqstack run`, the emulator serving"


@dataclass(frozen=True, slots=True)
class Run:
    """What a run took, checksums of its variants, and its time with polls, of timed steps."""

    usage: Usage
    checksums: tuple[str, ...]
    polled: float = 0.0


def environment_in(work: Path) -> dict[str, str]:
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


@dataclass(frozen=True, slots=True)
class First:
    """What the emulator's jobs have of this machine, and the charts that they draw."""

    shares: Mapping[Step, Share]
    charts: str


def first_run(sample: Sample, work: Path) -> First:
    """Run a sample in the emulator; this also has everything compiled and read."""
    folder = work / "first"
    measure(
        _emulator_command(sample, sample.reference, folder),
        folder=REPOSITORY,
        environment=environment_in(work),
    )
    results = folder / sample.sample_id
    shares = {
        step: Share(record["threads"], record["memoryGib"])
        for step in Step
        if (path := results / f"provenance/{step}.json").exists()
        for record in [json.loads(path.read_text())]
    }
    charts = _charts(results)
    shutil.rmtree(folder)
    return First(shares, charts)


def _charts(results: Path) -> str:
    """The charts of a run's statistics."""

    def made(command: Sequence[str]) -> str:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    vcf = results / "vcf/variants" / VARIANTS
    found = sample_plots(
        (results / "stats/bam_stats.dat").read_text(),
        made(build_variant_stats_command(vcf)),
        (results / ANNOTATION_STATISTICS).read_text(),
        made(build_heterozygous_command(vcf)).splitlines(),
        coverage=(results / "qc/coverage_metrics.txt").read_text(),
        insert_sizes=(results / "qc/insert_size_metrics.txt").read_text(),
    )
    return charts_text([each for each in found if isinstance(each, Plot)])


class Contest:
    """A sample by each engine; its files are laid out below `work`."""

    def __init__(self, sample: Sample, first: First, work: Path) -> None:
        self.sample = sample
        self._work = work
        self._environment = environment_in(work)
        self._given = work / f"{sample.sample_id}-given"
        self._steps: dict[Step, StepScript] = lay_out(
            sample, first.shares, self._given, first.charts
        )

    def ways(self, server: Server) -> dict[str, Callable[[], Run]]:
        """Each engine by its name; the emulator serves as `server`, too."""
        return {
            SHELL: self.shell,
            ONE_BY_ONE: lambda: self._by_files(
                {"run.sh": engines.one_by_one()}, ["bash", "run.sh"]
            ),
            COLD: self.emulator,
            SERVED: lambda: self.served(server),
            SNAKEMAKE: self.snakemake,
            CWLTOOL: self.cwltool,
        }

    def shell(self) -> Run:
        """The script that runs branches side by side."""
        return self._by_files({"run.sh": engines.side_by_side()}, ["bash", "run.sh"])

    def snakemake(self) -> Run:
        """Snakemake, on all cores."""
        command = [str(_OTHERS / "bin/snakemake"), "--cores", str(os.process_cpu_count())]
        return self._by_files({"Snakefile": engines.snakefile(self._steps)}, command)

    def cwltool(self) -> Run:
        """cwltool, with programs of this machine."""
        command = [str(_OTHERS / "bin/cwltool"), "--parallel", "--no-container"]
        files = {
            "workflow.cwl": json.dumps(engines.cwl_workflow(self._steps)),
            "job.json": engines.cwl_job(self._given),
        }
        return self._by_files(files, [*command, "--outdir=results", *files])

    def emulator(self, memory: Callable[[int], int] | None = None) -> Run:
        """`emulator run`, which starts and ends the emulator; `memory` as in `measure`."""
        with self._folder() as name:
            results = Path(name, "results")
            usage = measure(
                _emulator_command(self.sample, self._reference, results),
                folder=REPOSITORY,
                environment=self._environment,
                memory=memory,
            )
            return Run(usage, _checksums(results))

    def served(self, server: Server) -> Run:
        """`seqstack run` and `download`, in an emulator that serves already."""
        seqstack = [*(f"{REPOSITORY}/.venv/bin/seqstack", "--local"), "--json"]
        seqstack += ["--local-port", server.port]
        options = _sample_options(self.sample, self._reference)
        script = (
            "set -euo pipefail\n"
            f"{shlex.join([*seqstack, 'run', *options, '--no-cache', '--watch'])} >run.json\n"
            """run=$(sed -n 's/^  "runId": "\\(.*\\)",$/\\1/p' run.json)\n"""
            f'{shlex.join([*seqstack, "download"])} "$run" results\n'
        )
        with self._folder() as name:
            before = tree_cpu_seconds(server.process)
            environment = {**self._environment, **server.environment}
            usage = measure(["bash", "-c", script], folder=Path(name), environment=environment)
            served = tree_cpu_seconds(server.process) - before
            usage = replace(usage, cpu_seconds=usage.cpu_seconds + served)
            return Run(usage, _checksums(Path(name, "results")))

    def _by_files(self, files: Mapping[str, str], command: Sequence[str]) -> Run:
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
            return Run(usage, _checksums(folder), polled)

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
