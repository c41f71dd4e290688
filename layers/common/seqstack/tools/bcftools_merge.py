"""bcftools merge: the gVCFs of a cohort to one VCF."""

import math
from typing import Protocol

from seqstack.domain.option_grammar import Grammar
from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.definition import FAIDX, ToolDefinition
from seqstack.tools.programs import BCFTOOLS

# Of the job definition; a window's records take a part of it.
_USUAL_GIB, _RECORDS_GIB = 14, 6
# Each of 8 windows at a time has a sample's index and buffers, some 2 MB for a genome's variants.
_SAMPLES_PER_GIB = 64


def memory_gib(samples: int) -> int | None:
    """The memory that a merge of so many samples needs; None if the job definition's is enough."""
    needed = _RECORDS_GIB + math.ceil(samples / _SAMPLES_PER_GIB)
    return needed if needed > _USUAL_GIB else None


class JointCall(Protocol):
    """The part of a run of `joint_calling` that its tools read."""

    @property
    def layout(self) -> ResultLayout: ...  # noqa: D102 - as `JointRun` has it
    @property
    def gvcfs(self) -> S3Uri: ...  # noqa: D102


def _arguments(run: JointCall, reference: S3Uri) -> list[str]:
    return [
        *("--gvcfs_s3_path", str(run.gvcfs)),
        *("--reference_s3_path", str(reference)),
        *("--reference_index_s3_path", str(reference.with_suffix(".fai"))),
        *("--vcf_s3_path", str(run.layout.variants)),
    ]


def _inputs(run: JointCall, reference: S3Uri) -> tuple[S3Uri, ...]:
    """The list has the ETags of the gVCFs, and the job refuses others: it stands for them."""
    return (run.gvcfs, reference, reference.with_suffix(".fai"))


BCFTOOLS_MERGE = ToolDefinition(
    name="bcftoolsMerge",
    folder="bcftools_merge",
    step="mergeGvcfs",
    arguments=_arguments,
    inputs=_inputs,
    options=Grammar("bcftools merge", {}),
    programs=(BCFTOOLS,),
    scratch_per_byte=2.0,  # the gVCFs, their variants, and the joint VCF twice
    memory_limit_gib=256,
    vcpu_hours_per_gib=0.2,
    indexes=(FAIDX,),
)
