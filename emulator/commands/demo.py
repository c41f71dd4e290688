"""`python -m emulator demo`: a generated exome through the stack, measured against its truth."""

from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cli.interpreter import python_command
from cli.screen.run_table import print_run
from demo.evaluation.accuracy import print_accuracy
from demo.evaluation.evaluate import Bounds, RunFiles, evaluate
from demo.exome.generate import EXPECTED, DemoExome, generate
from demo.exome.spec import ExomeSpec
from emulator.commands.local_runs import require_ready
from emulator.commands.sample_run import run_sample
from emulator.engine.batch.container_engine import ContainerEngine
from emulator.local_sample import LocalSample, LocalSampleError, tools_with
from emulator.screen import print_files
from emulator.tools import programs_of, require_programs
from seqstack.domain.sequencing import Sequencing
from seqstack.tools.registry import Tool

_MEASURING = programs_of([Tool.BCFTOOLS])


def demo(
    spec: ExomeSpec,
    results: Path,
    console: Console,
    engine: ContainerEngine | None = None,
    *,
    aligner: Tool = Tool.BWA,
    caller: Tool = Tool.BCFTOOLS,
) -> bool:
    """Run the demo and print its results; True if every bound was met.

    The jobs run as containers of `engine`, or without one as processes with the tools on PATH.

    In `results`, `input/` gets the generated exome, `<sampleId>/` the run's results. They replace
    those of an earlier demo.

    Raises:
        LocalSampleError: a file that is not an earlier demo's is in the way.
    """
    given = results / "input"
    is_ours = (given / EXPECTED).is_file() or (given.is_dir() and not any(given.iterdir()))
    if given.exists() and not is_ours:
        raise LocalSampleError(
            f"{given}: is not the exome of an earlier demo; "
            "move it elsewhere, or choose another folder as --results"
        )
    require_programs(_MEASURING)
    require_ready(tools_with(aligner, caller), engine)
    with console.status("Generating the exome") as status:
        exome = generate(spec, given, lambda what: status.update(f"Generating the exome: {what}"))
    console.print(
        f"Generated an exome of {len(spec.chromosome_lengths)} chromosomes, "
        f"{sum(spec.chromosome_lengths):,} bases, {spec.genes} genes, {spec.snvs} SNVs and "
        f"{spec.indels} indels, {exome.read_pairs:,} read pairs"
    )
    sample = replace(sample_of(exome), aligner=aligner, caller=caller)
    finished = run_sample(sample, results, console, engine)
    print_run(console, finished.view)
    if not finished.succeeded:
        return False
    with console.status("Comparing with the truth"):
        evaluation = evaluate(exome, RunFiles.of(finished.folder))
    missed = print_accuracy(console, evaluation, Bounds())
    print_files(console, finished.folder, finished.files)
    console.print(f"The exome it was made from, and its truth: {given}")
    serve = python_command("emulator", "serve", "--ui")
    console.print(f"Runs as pages in the browser: `{serve}` (docs/ui.md)")
    if missed:
        console.print(Text("Below the bounds: " + "; ".join(missed), "bold red"))
        return False
    console.print(Text("Every bound was met.", "bold green"))
    return True


def sample_of(exome: DemoExome) -> LocalSample:
    """The exome as a sample to run."""
    return LocalSample(
        sample_id=exome.spec.sample_id,
        fastq1=exome.fastq1,
        fastq2=exome.fastq2,
        reference=exome.reference,
        annotation=exome.annotation,
        targets=exome.targets,
        sequencing=Sequencing.EXOME,
    )
