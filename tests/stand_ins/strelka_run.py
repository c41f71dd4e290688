"""Stands in for the runWorkflow.py that Strelka writes: calls variants with bcftools."""

import os
import pickle
import shutil
import subprocess
import sys
from optparse import OptionParser
from pathlib import Path
from typing import Any, BinaryIO

RUN_DIR = Path(__file__).resolve().parent
TIMES_THE_MEAN = 3  # a contig's mean depth, above which a record is HighDepth
LEAST_QUALITY = 20


class TaskError(Exception):
    """A task has failed; its command and exit code, as pyflow has them."""


def end(code: int, message: str = "") -> int:
    (RUN_DIR / "workflow.exitcode.txt").write_text(f"{code}\n")
    (RUN_DIR / "workflow.warning.log.txt").write_text("")
    (RUN_DIR / "workflow.error.log.txt").write_text(f"{message}\n" if message else "")
    if message:  # with --quiet no more than this is printed
        sys.stderr.write("Workflow terminated due to the following task errors\n")
    return code


def task(*argv: str | Path, stdout: BinaryIO | None = None) -> None:
    done = subprocess.run(argv, stdout=stdout, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        label = f"CallGenome+callGenomeSegment_{argv[0]}"
        lines = [
            "Workflow terminated due to the following task errors:",
            f"Failed to complete command task: '{label}' launched from sub-workflow 'CallGenome'",
            f"[{label}] Error Message:",
            *(f"[{label}] {line}" for line in done.stderr.decode().splitlines()),
            f"[{label}] taskExitCode {done.returncode}",
        ]
        stamp = "[2026-11-28T12:00:00.000000Z] [host] [77_1] [WorkflowRunner] [ERROR]"
        raise TaskError("\n".join(f"{stamp} {line}" for line in lines))


def mean_depths(bam: Path) -> dict[str, float]:
    argv = ["samtools", "coverage", str(bam)]
    rows = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()
    return {row.split("\t")[0]: float(row.split("\t")[6]) for row in rows[1:]}


def call(config: dict[str, Any]) -> None:
    bams, fasta = config["bams"], config["fasta"]
    variants = RUN_DIR / "results" / "variants"
    stats = RUN_DIR / "results" / "stats"
    work = RUN_DIR / "workspace"
    for folder in (variants, stats, work / "pyflow.data"):
        folder.mkdir(parents=True, exist_ok=True)
    regions = ["-R", config["regions"]] if config["regions"] else []
    for number, bam in enumerate(bams, start=1):
        pileup, gvcf = work / f"pileup{number}.bcf", variants / f"genome.S{number}.vcf.gz"
        mpileup = ["bcftools", "mpileup", "-a", "AD", "-d", "1000", *regions]
        task(*mpileup, "-f", fasta, "-Ob", "-o", pileup, bam)
        task(*mpileup, "-g", "0", "-f", fasta, "-Ob", "-o", work / "gvcf.bcf", bam)
        task("bcftools", "call", "-m", "-g", "0", "-Oz", "-o", gvcf, work / "gvcf.bcf")
        task("bcftools", "index", "-t", gvcf)
    write_variants(variants / "variants.vcf.gz", work, fasta, mean_depths(bams[0]), config)
    (stats / "runStats.tsv").write_text("CallGenome\tsegments\t1\n")
    (stats / "runStats.xml").write_text("<runStats><segments>1</segments></runStats>\n")
    first = variants / "genome.S1.vcf.gz"
    for suffix in ("", ".tbi"):
        link = variants / f"genome.vcf.gz{suffix}"
        link.unlink(missing_ok=True)
        link.symlink_to(f"{first.name}{suffix}")


def write_variants(
    final: Path, work: Path, fasta: Path, means: dict[str, float], config: dict[str, Any]
) -> None:
    """Candidates too, as LowGQX; and HighDepth by the contig's mean, unless for an exome."""
    called, candidates, norm = work / "called.bcf", work / "candidates.bcf", work / "norm.bcf"
    task("bcftools", "call", "-mA", "-Ob", "-o", called, work / "pileup1.bcf")
    seen = 'ALT!="<*>" && ALT!="." && (GT="alt" || AD[0:1]>=2)'
    task("bcftools", "view", "-i", seen, "-Ob", "-o", candidates, called)
    task("bcftools", "norm", "-f", fasta, "-Ob", "-o", norm, candidates)
    weak = f'GT!="alt" || QUAL<{LEAST_QUALITY}'
    filters = ["bcftools", "filter", "-m", "+"]
    marked = work / "marked.bcf"
    task(*filters, "-s", "LowGQX", "-e", weak, "-Ob", "-o", marked, norm)
    deep = " || ".join(
        f'(CHROM="{contig}" && INFO/DP>{TIMES_THE_MEAN * mean:g})' for contig, mean in means.items()
    )
    excluded = "INFO/DP<0" if config["exome"] else deep
    task(*filters, "-s", "HighDepth", "-e", excluded, "-Oz", "-o", final, marked)
    task("bcftools", "index", "-t", final)


def main() -> int:
    if not os.environ.get("SEQSTACK_STAND_IN_PYTHON2"):
        sys.stderr.write("This script requires python 2\n")
        return 1
    parser = OptionParser()
    parser.add_option("-m", "--mode")
    parser.add_option("-j", "--jobs", type="int", default=os.cpu_count())
    parser.add_option("-g", "--memGb", type="int", default=64)
    parser.add_option("--quiet", action="store_true")
    options, rest = parser.parse_args()
    if rest or options.mode != "local":
        parser.error("-m local is required")
    config = pickle.loads((RUN_DIR / "runWorkflow.py.config.pickle").read_bytes())  # noqa: S301 - ours
    if options.memGb * 1024 < max(1536, config["callMemMb"]):
        return end(1, "Task memory requirement exceeds full available resources")
    if not config["exome"] and shutil.which("python2") is None:
        return end(1, "/usr/bin/env: 'python2': No such file or directory")
    try:
        call(config)
    except TaskError as error:
        return end(1, str(error))
    return end(0)


if __name__ == "__main__":
    sys.exit(main())
