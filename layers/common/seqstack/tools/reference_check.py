"""The check of a reference: FASTA, annotation, targets and .alt to what every tool can use."""

from seqstack.domain.reference.layout import (
    ALT,
    ANNOTATION_FOLDER,
    SITES,
    SITES_INDEX,
    TARGETS,
    TARGETS_INDEX,
)
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.annotation_options import choice_arguments
from seqstack.tools.definition import Output, ToolDefinition
from seqstack.tools.index_roles import NO_OPTIONS, ReferenceSources
from seqstack.tools.programs import BGZIP, SAMTOOLS, TABIX
from seqstack.tools.roles import SITES_OPTION


def _arguments(run: ReferenceSources, reference: S3Uri) -> list[str]:
    given = {
        "--annotation_s3_path": run.annotation,
        "--targets_s3_path": run.targets,
        "--alt_s3_path": run.alt,
        SITES_OPTION: run.sites,
    }
    return [
        *("--source_s3_path", str(reference)),
        *(word for name, uri in given.items() if uri for word in (name, str(uri))),
        *choice_arguments(run),
        *("--reference_s3_path", str(run.layout.root)),
    ]


def _inputs(run: ReferenceSources, reference: S3Uri) -> tuple[S3Uri, ...]:
    given = (run.annotation, run.targets, run.alt, run.sites)
    return (reference, *(uri for uri in given if uri))


def _outputs(run: ReferenceSources) -> tuple[Output, ...]:
    made = []
    if run.annotation:
        made.append(Output(f"{ANNOTATION_FOLDER}{run.annotation.name}"))
    if run.targets:
        made += [Output(TARGETS), Output(TARGETS_INDEX)]
    if run.sites:
        made += [Output(SITES), Output(SITES_INDEX)]
    if run.alt:
        made.append(Output(ALT))
    return tuple(made)


REFERENCE_CHECK = ToolDefinition(
    name="referenceCheck",
    folder="reference_check",
    step="checkReference",
    arguments=_arguments,
    inputs=_inputs,
    options=NO_OPTIONS,
    programs=(SAMTOOLS, BGZIP, TABIX),
    scratch_per_byte=10.0,  # a gzipped FASTA, unpacked, and that without its IUPAC codes
    memory_limit_gib=64,
    optional_outputs=_outputs,
)
