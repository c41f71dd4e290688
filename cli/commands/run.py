"""`seqstack run`: start a run, from a file, from options, or from both."""

from typing import Annotated

import typer

from cli.client import new_key
from cli.errors import CliError, ExitCode, not_found, usage
from cli.gate_options import GateOption, qc_gates
from cli.options import number_option
from cli.reference_options import (
    GeneticCodeOption,
    LeaveOutOption,
    PaddingOption,
    SitesOption,
    TargetsOption,
    genetic_codes,
)
from cli.run_input import (
    document_of,
    is_whole,
    reference_of,
    require_default_caller,
)
from cli.session import Session, session_of
from cli.starting import IdempotencyKeyOption, WatchOption, tell_start, with_files_sent
from cli.tool_choice import (
    CapturedOption,
    CramOption,
    FastpArgsOption,
    PartsOption,
    TrimOption,
    parts_of,
    sequencing_of,
    tool_option,
    trimming_keys,
)
from seqstack.domain.reference.named import KEY
from seqstack.domain.words import Step
from seqstack.tools.registry import Tool


def run(
    context: typer.Context,
    *,
    input_file: Annotated[
        str,
        typer.Option(
            "--input",
            "-i",
            metavar="FILE",
            help="The run's input in JSON; `-`: standard input.",
        ),
    ] = "",
    workflow: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="The workflow, with --input. Default: secondary_analysis."
        ),
    ] = "",
    sample: Annotated[str, typer.Option(help="The sample's id.")] = "",
    fastq1: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="First reads; repeat for each lane."),
    ] = None,
    fastq2: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Second reads, in the order of --fastq1."),
    ] = None,
    reads: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="BAM or CRAM files in place of FASTQ files."),
    ] = None,
    reads_reference: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="FASTA, with its .fai, that CRAM files were made with. Default: the reference.",
        ),
    ] = "",
    reference: Annotated[
        str,
        typer.Option(
            metavar="FILE|NAME",
            help="Reference FASTA, with its indexes beside it; or, if there is no such file, a "
            "prepared reference: NAME or NAME/VERSION.",
        ),
    ] = "",
    annotation: Annotated[str, typer.Option(metavar="FILE", help="Genes in GFF3 or GTF.")] = "",
    targets: TargetsOption = "",
    target_padding: PaddingOption = None,
    sites: SitesOption = "",
    database: Annotated[
        str,
        typer.Option(help="A snpEff database, instead of genes."),
    ] = "",
    genetic_code: GeneticCodeOption = None,
    leave_out: LeaveOutOption = None,
    results: Annotated[
        str,
        typer.Option(metavar="S3URI", help="Folder for the results. Default: the stack's bucket."),
    ] = "",
    aligner: Annotated[Tool | None, tool_option(Step.ALIGN, "Default: bwa.")] = None,
    caller: Annotated[Tool | None, tool_option(Step.CALL_VARIANTS, "Default: strelka.")] = None,
    captured: CapturedOption = None,
    cram: CramOption = None,
    parts: PartsOption = None,
    trim: TrimOption = None,
    fastp_args: FastpArgsOption = "",
    cache: Annotated[
        bool | None,
        typer.Option(
            "--cache/--no-cache",
            help="Reuse results of earlier runs, or run every step. Default: reuse.",
        ),
    ] = None,
    fail_on_warnings: Annotated[
        bool | None,
        typer.Option("--fail-on-warnings", help="Fail at the first step with a warning."),
    ] = None,
    requester_pays: Annotated[
        bool | None,
        typer.Option("--requester-pays", help="Pay for reading requester-pays buckets."),
    ] = None,
    gate: GateOption = None,
    cohort: Annotated[str, typer.Option(help="The run's cohort.")] = "",
    cohort_size: Annotated[
        int | None,
        number_option(low=1, help="Number of samples in the cohort."),
    ] = None,
    project: Annotated[str, typer.Option(help="Whom the cost is for.")] = "",
    submitter: Annotated[
        str,
        typer.Option(help="Who submits the run, for fair sharing of the hosts."),
    ] = "",
    idempotency_key: IdempotencyKeyOption = "",
    watch: WatchOption = False,
) -> None:
    """Start a run.

    Its input comes from a file, from options, or from a file with options that replace its keys.
    Reads, reference and genes are S3 URIs or local files, which are first uploaded to the stack's
    bucket.
    """
    session = session_of(context)
    chosen = reference_of(reference) if reference else {}
    document = document_of(
        input_file,
        {
            "sampleId": sample,
            "fastq1S3Path": fastq1,
            "fastq2S3Path": fastq2,
            "readsS3Path": reads,
            "readsReferenceS3Path": reads_reference,
            **chosen,
            "annotationS3Path": annotation,
            "targetRegionsS3Path": targets,
            "targetPadding": target_padding,
            "sitesS3Path": sites,
            "geneticCodes": genetic_codes(genetic_code or ()) or None,
            "annotationLeftOut": leave_out,
            "resultsS3Path": results,
            "sequencing": sequencing_of(captured),
            "alignmentFormat": "cram" if cram else None,
            "alignInParts": parts_of(parts),
            **trimming_keys(trim, fastp_args),
            "cache": cache,
            "failOnWarnings": fail_on_warnings,
            "requesterPays": requester_pays,
            "qcGates": qc_gates(gate or ()) or None,
            "cohortId": cohort,
            "cohortSize": cohort_size,
            "project": project,
            "submitter": submitter,
            "snpEff": {"cmdArgs": database} if database else None,
        },
        aligner,
        caller,
    )
    if workflow and not input_file:
        raise usage(f"{workflow} takes its input from a file", "give --input FILE")
    if session.options.local and not (input_file or caller):
        require_default_caller()
    if is_whole(document):
        if KEY in chosen:
            _require_reference(session, reference)
        document = with_files_sent(session, document)
    started = session.api.start_run(document, idempotency_key or new_key(), workflow)
    tell_start(session, started, watch=watch)


def _require_reference(session: Session, name: str) -> None:
    """Check that a reference is there, before files are sent and the run is started.

    Raises:
        CliError: there is none, nor is there such a file.
    """
    try:
        session.api.get_reference(*name.split("/"))
    except CliError as error:
        if error.exit_code is not ExitCode.NOT_FOUND:
            raise
        raise not_found(f"{name} is no local file; {error.message}", error.hint) from error
