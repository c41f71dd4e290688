"""Stands in for configureStrelkaGermlineWorkflow.py: checks, then writes runWorkflow.py."""

import os
import pickle
import subprocess
import sys
from optparse import OptionParser
from pathlib import Path
from typing import NoReturn

VERSION = "2.9.10"
HERE = Path(__file__).resolve().parent


def refuse_other_python() -> None:
    if not os.environ.get("SEQSTACK_STAND_IN_PYTHON2"):
        sys.stderr.write("This script requires python 2\n")
        sys.exit(1)


def usage_error(message: str) -> NoReturn:
    sys.stderr.write(f"configureStrelkaGermlineWorkflow.py: error: {message}\n")
    sys.exit(2)


def contigs_of_fai(path: Path) -> set[str]:
    return {line.split("\t")[0] for line in path.read_text().splitlines()}


def contigs_of_bam(path: Path) -> set[str]:
    argv = ["samtools", "view", "-H", str(path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    rows = [line.split("\t") for line in done.stdout.splitlines() if line.startswith("@SQ")]
    return {field[3:] for row in rows for field in row if field.startswith("SN:")}


def check_regions(bed: Path, contigs: set[str]) -> None:
    if bed.suffix != ".gz" or not Path(f"{bed}.tbi").is_file():
        usage_error("Can't find expected call-regions bed index file")
    argv = ["tabix", "--list-chroms", str(bed)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    if other := set(done.stdout.split()) - contigs:
        usage_error(f"Chromosomes of call-regions not found in reference: {sorted(other)}")


def main() -> int:
    refuse_other_python()
    parser = OptionParser(version=VERSION)
    parser.add_option("--bam", action="append", default=[])
    parser.add_option("--referenceFasta")
    parser.add_option("--runDir", default="StrelkaGermlineWorkflow")
    parser.add_option("--callRegions")
    parser.add_option("--callMemMb", type="int", default=1536)
    parser.add_option("--region", action="append", default=[])
    parser.add_option("--exome", "--targeted", action="store_true", default=False)
    options, rest = parser.parse_args()
    if rest or not options.bam or not options.referenceFasta:
        usage_error("--bam and --referenceFasta, and nothing else")
    fasta, run_dir = Path(options.referenceFasta).absolute(), Path(options.runDir).absolute()
    fai = Path(f"{fasta}.fai")
    if not fai.is_file():
        usage_error(f"Can't find expected fasta index file: '{fai}'")
    bams = [Path(bam).absolute() for bam in options.bam]
    for bam in bams:
        if not Path(f"{bam}.bai").is_file():
            usage_error(f"Can't find expected index file for '{bam}'")
    if options.callRegions:
        check_regions(Path(options.callRegions), contigs_of_fai(fai))
    if (run_dir / "runWorkflow.py").exists():
        usage_error("Run directory already contains workflow script file")
    for bam in bams:
        if different := contigs_of_bam(bam) ^ contigs_of_fai(fai):
            sys.stderr.write(f"CONFIGURATION ERROR: contigs differ: {sorted(different)}\n")
            return 1
    if not options.exome:
        sys.stderr.write("WARNING: Cannot estimate sequence errors\n")
    run_dir.mkdir(parents=True, exist_ok=True)
    config = {
        "bams": bams,
        "fasta": fasta,
        "exome": options.exome,
        "callMemMb": options.callMemMb,
        "regions": options.callRegions and str(Path(options.callRegions).absolute()),
    }
    with (run_dir / "runWorkflow.py.config.pickle").open("wb") as file:
        pickle.dump(config, file)
    script = run_dir / "runWorkflow.py"
    body = (HERE / "strelka_run.py").read_text()
    script.write_text(f"#!/usr/bin/env python2\n{body}")
    script.chmod(0o755)
    return 0


if __name__ == "__main__":
    sys.exit(main())
