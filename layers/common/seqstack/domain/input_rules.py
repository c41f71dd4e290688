"""Rules for a run's input that the schema can't express."""

import shlex
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from seqstack.domain.errors import Problem
from seqstack.domain.reads.kinds import BACK_TO_PAIRS
from seqstack.domain.reference.named import waits_for_paths
from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import MAX_KEY_BYTES, S3Uri
from seqstack.domain.sequencing import Sequencing
from seqstack.domain.words import Step
from seqstack.tools.fastp import FASTP, TRIMMED_ALIGNERS, option_problems
from seqstack.tools.registry import Tool, tools_of
from seqstack.tools.snpeff import database_named
from seqstack.tools.strelka import CAPTURED_OPTIONS
from seqstack.workflows.definition import WorkflowDefinition
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS


def rule_problems(
    document: object, sound: Mapping[str, Any], results_bucket: str
) -> Iterator[Problem]:
    """Yield problems of `document` beyond the schema; `sound` is its valid part."""
    yield from _crowded_steps(document)
    yield from _lane_problems(sound)
    yield from _alignment_problems(document, sound)
    yield from _cram_problems(sound)
    yield from _parts_problems(sound)
    yield from _trimming_problems(document, sound)
    yield from _results_problems(sound, results_bucket)
    yield from argument_problems(sound)
    yield from _sequencing_problems(sound)
    yield from genes_problems(document)
    yield from _target_problems(document, sound)


def _target_problems(document: object, sound: Mapping[str, Any]) -> Iterator[Problem]:
    if not isinstance(document, Mapping) or "targetPadding" not in document:
        return
    if "targetRegionsS3Path" not in document and not waits_for_paths(document):
        yield Problem(
            "$.targetPadding",
            "there are no targets to pad: give targetRegionsS3Path, or a prepared reference with "
            "targets",
        )
    elif sound.get("sequencing") == Sequencing.GENOME:
        yield Problem(
            "$.targetPadding",
            "with sequencing genome, variants are called everywhere; leave one of them out",
        )


def _crowded_steps(document: object) -> Iterator[Problem]:
    if not isinstance(document, Mapping):
        return
    for step in SECONDARY_ANALYSIS.step_names:
        named = [tool for tool in tools_of(step) if tool in document]
        for tool in named[1:]:
            yield Problem(f"$.{tool}", f"{named[0]} and {tool} both fill {step}; keep one of them")


def _lane_problems(sound: Mapping[str, Any]) -> Iterator[Problem]:
    reads1, reads2 = _listed(sound.get("fastq1S3Path")), _listed(sound.get("fastq2S3Path"))
    if reads1 and reads2 and len(reads1) != len(reads2):
        yield Problem(
            "$.fastq2S3Path",
            f"lanes are unpaired: {len(reads1)} in fastq1S3Path, {len(reads2)} here",
        )
    for shared in sorted({uri for uri in reads1 if uri} & {uri for uri in reads2 if uri}):
        yield Problem("$.fastq2S3Path", f"{shared} is in fastq1S3Path too")


def _alignment_problems(document: object, sound: Mapping[str, Any]) -> Iterator[Problem]:
    if not isinstance(document, Mapping) or "readsS3Path" not in document:
        return
    for key in ("fastq1S3Path", "fastq2S3Path"):
        if key in document:
            yield Problem(
                f"$.{key}", "FASTQ files and readsS3Path are both given; keep one of them"
            )
    aligner = SECONDARY_ANALYSIS.chosen_tools(sound)[Step.ALIGN]
    if not aligner.definition.reads.has_alignments:
        others = (each for each in tools_of(Step.ALIGN) if each.definition.reads.has_alignments)
        yield Problem(
            "$.readsS3Path",
            f"{aligner} takes FASTQ files only, and keeps no read groups; choose "
            f"{' or '.join(others)}, or convert by {BACK_TO_PAIRS}",
        )


def _cram_problems(sound: Mapping[str, Any]) -> Iterator[Problem]:
    if sound.get("alignmentFormat") != "cram":
        return
    aligner = SECONDARY_ANALYSIS.chosen_tools(sound)[Step.ALIGN]
    if not aligner.definition.reads.has_cram:
        yield Problem("$.alignmentFormat", f"{aligner} writes BAM only; leave this out")
    with suppress(ValueError):  # told of as an argument that can't be split
        if "--eqx" in shlex.split(sound.get(aligner, {}).get("cmdArgs", "")):
            yield Problem(
                f"$.{aligner}.cmdArgs",
                "--eqx writes = and X, which CRAM can't hold; leave it or alignmentFormat out",
            )


def _parts_problems(sound: Mapping[str, Any]) -> Iterator[Problem]:
    if not sound.get("alignInParts"):
        return
    aligner = SECONDARY_ANALYSIS.chosen_tools(sound)[Step.ALIGN]
    if not aligner.definition.reads.has_parts:
        others = (each for each in tools_of(Step.ALIGN) if each.definition.reads.has_parts)
        yield Problem(
            "$.alignInParts",
            f"{aligner} can't align in parts; choose {' or '.join(others)}, or leave this out",
        )
    if "readsS3Path" in sound:
        yield Problem(
            "$.alignInParts",
            f"only FASTQ files are aligned in parts: leave this out, or convert by {BACK_TO_PAIRS}",
        )


def _trimming_problems(document: object, sound: Mapping[str, Any]) -> Iterator[Problem]:
    if not isinstance(document, Mapping):
        return
    path = "$.trimReads" if "trimReads" in document else f"$.{FASTP}"
    if not sound.get("trimReads", FASTP in document):
        if FASTP in document:
            yield Problem(f"$.{FASTP}", "trims reads, and trimReads is false; keep one of them")
        return
    aligner = SECONDARY_ANALYSIS.chosen_tools(sound)[Step.ALIGN]
    if aligner not in TRIMMED_ALIGNERS:
        yield Problem(
            path,
            f"{aligner} reads files, and reads are trimmed in a stream; choose "
            f"{' or '.join(TRIMMED_ALIGNERS)}, or leave this out",
        )
    if "readsS3Path" in document:
        yield Problem(
            path,
            f"only FASTQ files are trimmed: leave this out, or convert by {BACK_TO_PAIRS}",
        )
    if sound.get("alignInParts"):
        yield Problem(
            "$.alignInParts", "trimmed reads are not aligned in parts; leave one of them out"
        )
    yield from _option_problems(sound.get(FASTP, {}).get("cmdArgs", ""))


def _option_problems(text: str) -> Iterator[Problem]:
    path = f"$.{FASTP}.cmdArgs"
    try:
        words = shlex.split(text)
    except ValueError as error:
        yield Problem(path, f"can't be split into arguments: {error}")
    else:
        yield from (Problem(path, problem) for problem in option_problems(words))


def _listed(lanes: str | list[str | None] | None) -> list[str | None]:
    if lanes is None:
        return []
    return [lanes] if isinstance(lanes, str) else lanes


def _results_problems(sound: Mapping[str, Any], results_bucket: str) -> Iterator[Problem]:
    if "resultsS3Path" not in sound:
        return
    results = S3Uri.parse(sound["resultsS3Path"]).as_folder()
    if results.bucket != results_bucket:
        yield Problem(
            "$.resultsS3Path", f"must lie in this stack's results bucket, s3://{results_bucket}/"
        )
    layout = ResultLayout(results, sound.get("sampleId", ""))
    chosen = SECONDARY_ANALYSIS.chosen_tools(sound)
    made = (
        uri
        for step, tool in chosen.items()
        for uri in SECONDARY_ANALYSIS.outputs(step, layout, tool)
    )
    longest = max(len(uri.key.encode()) for uri in made)
    if longest > MAX_KEY_BYTES:
        yield Problem(
            "$.resultsS3Path",
            f"is too long: with the results' names, a key has {longest:,} bytes, and "
            f"S3 allows {MAX_KEY_BYTES:,}",
        )


def argument_problems(
    sound: Mapping[str, Any], workflow: WorkflowDefinition = SECONDARY_ANALYSIS
) -> Iterator[Problem]:
    """Yield what is wrong with the `cmdArgs` of the workflow's tools."""
    for tool in workflow.tools:
        path = f"$.{tool}.cmdArgs"
        try:
            words = shlex.split(sound.get(tool, {}).get("cmdArgs", ""))
        except ValueError as error:
            yield Problem(path, f"can't be split into arguments: {error}")
        else:
            _, problems = tool.definition.options.read(words)
            yield from (Problem(path, problem) for problem in problems)


def _sequencing_problems(sound: Mapping[str, Any]) -> Iterator[Problem]:
    if sound.get("sequencing") != Sequencing.GENOME:
        return
    with suppress(ValueError):  # reported as an argument that can't be split
        words = shlex.split(sound.get(Tool.STRELKA, {}).get("cmdArgs", ""))
        for word in set(words) & set(CAPTURED_OPTIONS):
            yield Problem(
                f"$.{Tool.STRELKA}.cmdArgs",
                f"{word} is for captured targets, and sequencing is genome; keep one of them",
            )


def genes_problems(document: object) -> Iterator[Problem]:
    """Yield a problem if nothing says which genes annotate the variants.

    An input that waits for the paths of its reference may get the genes with them.
    """
    if not isinstance(document, Mapping) or "annotationS3Path" in document:
        return
    if waits_for_paths(document):
        return
    if not _names_database(document.get(Tool.SNPEFF)):
        yield Problem(
            "$.annotationS3Path",
            "is missing, and snpEff.cmdArgs names no database: give the genes (GFF3 or GTF) here, "
            "or a database such as ' -t hg38 ' there",
        )


def _names_database(block: object) -> bool:
    if not isinstance(block, Mapping):
        return False
    try:
        words = shlex.split(str(block.get("cmdArgs", "")))
    except ValueError:  # reported as an argument that can't be split
        return True
    return database_named(words) is not None
