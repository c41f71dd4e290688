"""Measure what a prepared reference saves a run: python -m benchmarks.annotation

Generates a reference with as many genes as the human genome has. Runs a sample by paths, whose job
checks the genes and builds snpEff's database on a fresh host, and by the prepared reference, whose
database is there. Prints both times of the step `annotate`, and their ratio.
"""

import argparse
import subprocess
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from cli.screen.views import RunView
from demo.exome.generate import generate
from demo.exome.spec import SMALL
from emulator.commands.demo import sample_of
from emulator.commands.local_runs import BUILT_TEMPLATE
from emulator.local_sample import LocalSample
from emulator.stack import Emulator
from emulator.staging import INPUTS, stage_reads, stage_reference
from emulator.watch import follow_run, start_run
from seqstack.adapters.ledger import Ledger
from seqstack.domain.words import Step
from seqstack.tools.registry import Tool
from seqstack.workflows.prepare_reference import PREPARE_REFERENCE

_GENES = 20_000
_BASES_PER_GENE = 6_300
_CHROMOSOMES = 6


def annotation_seconds(sample: LocalSample, folder: Path) -> tuple[float, dict[str, float]]:
    """Run the sample on a fresh emulator.

    Returns:
        The seconds of the step `annotate`, and of each step of `prepare_reference` before it.
    """
    parameters = {"InputBuckets": f"arn:aws:s3:::{INPUTS.bucket}"}
    folder.mkdir()
    with Emulator(BUILT_TEMPLATE, parameters) as emulator:
        ledger = Ledger(emulator.outputs["LedgerTableName"], emulator.resource("dynamodb"))
        s3 = emulator.client("s3")
        s3.create_bucket(Bucket=INPUTS.bucket)
        reference = stage_reference(sample, s3, INPUTS)
        document = stage_reads(sample, s3, INPUTS, folder) | reference.keys

        def run(run_id: str, document: dict[str, object], *workflow: str) -> dict[str, float]:
            arn = start_run(emulator, run_id, document, *workflow)
            return _seconds_by_step(follow_run(emulator, ledger, arn, lambda _view: None))

        prepared = {}
        if reference.preparation:
            prepared = run("prepare", reference.preparation, PREPARE_REFERENCE.name)
        return run("sample", document)[Step.ANNOTATE], prepared


def _seconds_by_step(view: RunView) -> dict[str, float]:
    if not view.succeeded:
        raise RuntimeError(f"{view.run_id}: {view.error}: {view.cause}")
    return {
        step.step: (step.ended_at - step.started_at).total_seconds()
        for step in view.steps
        if step.started_at and step.ended_at
    }


def main() -> None:
    """Generate, run twice, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--genes", type=int, default=_GENES)
    genes = parser.parse_args().genes
    length = genes * _BASES_PER_GENE // _CHROMOSOMES
    spec = replace(SMALL, chromosome_lengths=(length,) * _CHROMOSOMES, genes=genes, mean_depth=0.05)
    with TemporaryDirectory(prefix="seqstack-") as work:
        exome = generate(spec, Path(work, "exome"), lambda what: print(f"generating: {what}"))
        prepared = replace(sample_of(exome), aligner=Tool.MINIMAP2)
        reference = Path(work, "indexed.fa")
        reference.symlink_to(exome.reference)
        for command in (
            ["samtools", "faidx", str(reference)],
            ["minimap2", "-x", "sr", "-d", f"{reference}.mmi", str(reference)],
        ):
            subprocess.run(command, check=True, capture_output=True)
        by_paths = replace(prepared, reference=reference)
        before, _ = annotation_seconds(by_paths, Path(work, "by-paths"))
        after, steps = annotation_seconds(prepared, Path(work, "prepared"))
    print(f"{genes:,} genes on {length * _CHROMOSOMES / 1e6:,.0f} Mb")
    print(f"annotate by paths, fresh host:      {before:6.1f} s")
    print(f"annotate by the prepared reference: {after:6.1f} s, {before / after:.1f} times as fast")
    for step, seconds in steps.items():
        print(f"  once, before: {step:<14} {seconds:6.1f} s")


if __name__ == "__main__":
    main()
