"""Stands in for the runWorkflow.py that Strelka writes: calls variants with bcftools."""

import os
import pickle
import shutil
import subprocess
import sys
from optparse import OptionParser
from pathlib import Path
from typing import BinaryIO

RUN_DIR = Path(__file__).resolve().parent


def end(code: int, message: str = "") -> int:
    (RUN_DIR / "workflow.exitcode.txt").write_text(f"{code}\n")
    (RUN_DIR / "workflow.warning.log.txt").write_text("")
    (RUN_DIR / "workflow.error.log.txt").write_text(f"{message}\n" if message else "")
    if message:
        sys.stderr.write("Workflow terminated due to the following task errors\n")
    return code


def quietly(*argv: str | Path, stdout: BinaryIO | None = None) -> None:
    subprocess.run(argv, stdout=stdout, stderr=subprocess.DEVNULL, check=True)


def call(bams: list[Path], fasta: Path) -> None:
    variants = RUN_DIR / "results" / "variants"
    stats = RUN_DIR / "results" / "stats"
    for folder in (variants, stats, RUN_DIR / "workspace" / "pyflow.data"):
        folder.mkdir(parents=True, exist_ok=True)
    (stats / "runStats.tsv").write_text("stats\n")
    (stats / "runStats.xml").write_text("<stats/>\n")
    for number, bam in enumerate(bams, start=1):
        pileup, gvcf = RUN_DIR / "workspace" / "pileup.bcf", variants / f"genome.S{number}.vcf.gz"
        quietly("bcftools", "mpileup", "-g", "0", "-f", fasta, "-Ob", "-o", pileup, bam)
        quietly("bcftools", "call", "-m", "-g", "0", "-Oz", "-o", gvcf, pileup)
        quietly("bcftools", "index", "-t", gvcf)
    first, called = variants / "genome.S1.vcf.gz", RUN_DIR / "workspace" / "called.bcf"
    quietly("bcftools", "view", "-i", 'GT="alt"', "-a", "-Ob", "-o", called, first)
    final = variants / "variants.vcf.gz"
    quietly("bcftools", "norm", "-f", fasta, "-Oz", "-o", final, called)
    quietly("bcftools", "index", "-t", final)
    for suffix in ("", ".tbi"):
        link = variants / f"genome.vcf.gz{suffix}"
        link.unlink(missing_ok=True)
        link.symlink_to(f"{first.name}{suffix}")


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
    if options.memGb < 2:
        return end(1, "Task memory requirement exceeds full available resources")
    config = pickle.loads((RUN_DIR / "runWorkflow.py.config.pickle").read_bytes())  # noqa: S301 - ours
    if not config["exome"] and shutil.which("python2") is None:
        return end(1, "/usr/bin/env: 'python2': No such file or directory")
    try:
        call(config["bams"], config["fasta"])
    except subprocess.CalledProcessError as error:
        return end(1, f"Failed to complete command task: {error}")
    return end(0)


if __name__ == "__main__":
    sys.exit(main())
