"""The emulator's command line: `python -m emulator demo | run | serve | clean`.

Each command imports what it needs when it runs: the engine takes seconds, and a user should be
told of a mistake, or of what is being done, at once.
"""

import logging
import sys
from enum import StrEnum
from pathlib import Path
from subprocess import CalledProcessError
from typing import Annotated, NoReturn

import typer
from rich.text import Text

from cli.gate_options import GateOption, qc_gates
from cli.reference_options import GeneticCodeOption, LeaveOutOption, genetic_codes
from cli.screen.console import HarmlessConsole
from cli.tool_choice import (
    CapturedOption,
    CramOption,
    FastpArgsOption,
    PartsOption,
    TrimOption,
    parts_of,
    sequencing_of,
    tool_option,
)
from demo.exome.spec import DEMO, SMALL
from emulator.built_images import MissingImageError
from emulator.engine.batch.container_engine import ContainerEngine, NoEngineError, find_engine
from emulator.engine.state.folder import StateError
from emulator.engine.wsgi import LOOPBACK
from emulator.local_results import state_beside
from emulator.local_sample import LocalSample, LocalSampleError, annotation_beside
from emulator.screen import print_files_read
from emulator.tools import MissingProgramError
from seqstack.domain.plain_text import HarmlessFormatter
from seqstack.domain.words import Step
from seqstack.tools.registry import Tool

app = typer.Typer(
    help="Run the stack on this machine, without a cloud account and free of charge.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = HarmlessConsole()
SAM_VARIABLES = Path(".aws-sam/local-env.json")
"""Where samconfig.toml lets `sam local` look for the functions' variables."""

_MISTAKES = (MissingProgramError, MissingImageError, NoEngineError, LocalSampleError, StateError)


class ExomeSize(StrEnum):
    """The sizes of the generated exome."""

    DEMO = "demo"
    SMALL = "small"


class Jobs(StrEnum):
    """How Batch jobs run."""

    PROCESSES = "processes"
    CONTAINERS = "containers"


AlignerOption = Annotated[Tool, tool_option(Step.ALIGN)]
CallerOption = Annotated[Tool, tool_option(Step.CALL_VARIANTS)]
JobsOption = Annotated[
    Jobs,
    typer.Option(
        "--jobs",
        help="Run jobs with the tools on PATH, or as the images that `make images` builds.",
    ),
]


@app.callback()
def options(
    *,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log what the emulator does.")
    ] = False,
) -> None:
    """Apply the options of all commands."""
    handler = logging.StreamHandler()
    handler.setFormatter(HarmlessFormatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO if verbose else logging.ERROR, handlers=[handler])
    if not verbose:  # requests that the emulator's end interrupts
        logging.getLogger("werkzeug").setLevel(logging.CRITICAL)


@app.command("demo")
def demo_command(
    results: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("demo-results"),
    exome: Annotated[ExomeSize, typer.Option(help="Size of the exome.")] = ExomeSize.DEMO,
    aligner: AlignerOption = Tool.BWA,
    caller: CallerOption = Tool.BCFTOOLS,
    jobs: JobsOption = Jobs.PROCESSES,
) -> None:
    """Generate an exome, run it, and measure the results against the planted truth."""
    from emulator.commands.demo import demo

    spec = DEMO if exome is ExomeSize.DEMO else SMALL
    console.print(f"Results go to {results}", soft_wrap=True)
    made = demo(spec, results, console, _engine(jobs), aligner=aligner, caller=caller)
    raise typer.Exit(0 if made else 1)


@app.command("run")
def run_command(
    reference: Annotated[Path, typer.Option(help="Reference FASTA, gzipped or not.")],
    results: Annotated[Path, typer.Option(help="Folder for the results.")],
    sample: Annotated[str, typer.Option(help="Sample id; results go to RESULTS/SAMPLE.")] = "",
    sheet: Annotated[
        Path | None,
        typer.Option(
            help="Sheet of samples, as nf-core/sarek has it, in place of --sample and its files."
        ),
    ] = None,
    fastq1: Annotated[
        list[Path] | None, typer.Option(help="First reads, gzipped or not; once for each lane.")
    ] = None,
    fastq2: Annotated[
        list[Path] | None, typer.Option(help="Second reads, in the same order as --fastq1.")
    ] = None,
    reads: Annotated[
        list[Path] | None, typer.Option(help="BAM or CRAM files in place of FASTQ files.")
    ] = None,
    reads_reference: Annotated[
        Path | None,
        typer.Option(help="FASTA that CRAM files were made with. Default: the reference."),
    ] = None,
    annotation: Annotated[
        Path | None,
        typer.Option(
            help="Genes in GFF3 or GTF. Default: the file of the reference's name beside it."
        ),
    ] = None,
    targets: Annotated[
        Path | None, typer.Option(help="Captured regions in BED, gzipped or not.")
    ] = None,
    target_padding: Annotated[
        int | None,
        typer.Option(min=0, help="Bases around targets in which variants are called too."),
    ] = None,
    sites: Annotated[
        Path | None, typer.Option(help="Common biallelic SNVs in VCF, for fingerprints.")
    ] = None,
    database: Annotated[
        str, typer.Option(help="A snpEff database to use instead of --annotation.")
    ] = "",
    genetic_code: GeneticCodeOption = None,
    leave_out: LeaveOutOption = None,
    aligner: AlignerOption = Tool.BWA,
    caller: CallerOption = Tool.BCFTOOLS,
    captured: CapturedOption = None,
    cram: CramOption = None,
    parts: PartsOption = None,
    trim: TrimOption = None,
    fastp_args: FastpArgsOption = "",
    state: Annotated[
        Path | None,
        typer.Option(
            help="Folder that keeps finished steps. Default: RESULTS.state, beside the results."
        ),
    ] = None,
    jobs: JobsOption = Jobs.PROCESSES,
    gate: GateOption = None,
    *,
    fail_on_warnings: Annotated[
        bool,
        typer.Option("--fail-on-warnings", help="Fail at the first step with a warning."),
    ] = False,
) -> None:
    """Run your own reads, in FASTQ, BAM or CRAM files: one sample, or all of a sheet."""
    if sheet and (sample or fastq1 or fastq2 or reads):
        raise LocalSampleError("give --sheet, or --sample and its files")
    if not sheet and not sample:
        raise LocalSampleError("no sample: give --sample and its files, or --sheet")
    local_sample = LocalSample(
        sample_id=sample,
        fastq1=tuple(fastq1 or ()),
        fastq2=tuple(fastq2 or ()),
        reads=tuple(reads or ()),
        reads_reference=reads_reference,
        reference=reference,
        annotation=annotation or (None if database else annotation_beside(reference)),
        targets=targets,
        sites=sites,
        target_padding=target_padding,
        database=database,
        aligner=aligner,
        caller=caller,
        genetic_codes=genetic_codes(genetic_code or ()),
        left_out=tuple(leave_out or ()),
        fails_on_warnings=fail_on_warnings,
        qc_gates=qc_gates(gate or ()),
        sequencing=sequencing_of(captured),
        keeps_cram=bool(cram),
        parts=parts_of(parts),
        trims=bool(trim or fastp_args),
        fastp_args=fastp_args,
    )
    state = state or state_beside(results)
    print_files_read(console, local_sample, sheet)
    from emulator.commands.run import run
    from emulator.commands.sheet_run import run_sheet

    engine = _engine(jobs)
    if sheet:
        succeeded = run_sheet(sheet, local_sample, results, console, engine, state=state)
    else:
        succeeded = run(local_sample, results, console, engine, state=state)
    raise typer.Exit(0 if succeeded else 1)


@app.command("serve")
def serve_command(
    port: Annotated[int, typer.Option(help="Port of the AWS API; 0 chooses a free one.")] = 4566,
    api_port: Annotated[int, typer.Option(help="Port of the stack's own HTTP API.")] = 4567,
    environment: Annotated[str, typer.Option(help="The stack's Environment parameter.")] = "dev",
    host: Annotated[
        str,
        typer.Option(
            help="Address of the AWS API. Docker's containers reach its bridge (172.17.0.1), not "
            "127.0.0.1. Requests are signed, but not encrypted."
        ),
    ] = LOOPBACK,
    env_vars: Annotated[
        Path, typer.Option(help="File to write for `sam local --env-vars`.")
    ] = SAM_VARIABLES,
    state: Annotated[
        Path | None,
        typer.Option(help="Folder that keeps objects and runs. Default: they are lost."),
    ] = None,
    jobs: JobsOption = Jobs.PROCESSES,
    *,
    with_ui: Annotated[
        bool, typer.Option("--ui", help="Show runs as pages in the browser, as `seqstack ui`.")
    ] = False,
) -> None:
    """Serve the AWS API with the stack deployed in it, and the stack's HTTP API."""
    if with_ui and host != LOOPBACK:
        raise typer.BadParameter(f"--ui needs the AWS API at {LOOPBACK}, without --host.")
    console.print("Deploying the stack to this machine …")
    from emulator.commands.serve import serve

    engine = _engine(jobs)
    serve(
        *(host, port, api_port, {"Environment": environment}, env_vars, console, engine, state),
        with_ui=with_ui,
    )


@app.command("clean")
def clean_command(
    state: Annotated[Path, typer.Argument(help="A folder that --state has named, or shown.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Remove it without a question.")] = False,
) -> None:
    """Show what a state folder takes, and remove it."""
    from emulator.commands.clean import clean

    clean(state, console, is_sure=yes)


def _engine(jobs: Jobs) -> ContainerEngine | None:
    return find_engine() if jobs is Jobs.CONTAINERS else None


def main() -> None:
    """Run the command line; a user's mistake is one message and exit status 2."""
    try:
        app()
    except (*_MISTAKES, OSError) as error:
        _tell(str(error))
    except CalledProcessError as error:
        _tell(f"{error}\n{error.stderr.decode()}")


def _tell(mistake: str) -> NoReturn:
    console.print(Text.assemble(("error: ", "bold red"), mistake), soft_wrap=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
