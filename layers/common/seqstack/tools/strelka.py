"""Strelka 2: BAM to VCF and gVCF.

The options are from Strelka 2.9.10's configureStrelkaGermlineWorkflow.py and
strelkaSharedOptions.py.
"""

from seqstack.domain.option_grammar import Grammar, Value
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample import Sample
from seqstack.tools.definition import FAIDX, Output, Program, ToolDefinition
from seqstack.tools.programs import BGZIP, SAMTOOLS, TABIX
from seqstack.tools.roles import call_arguments, call_inputs
from seqstack.tools.values import NAME, WHOLE, options, refused

_CONFIGURE = "configureStrelkaGermlineWorkflow.py"
_REGION = Value(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(:[0-9]+-[0-9]+)?", "a region such as chr1:1-1000")


_OPTIONS = Grammar(
    "configureStrelkaGermlineWorkflow.py",
    options(
        whole=(WHOLE, "--callMemMb --scanSizeMb"),
        region=(_REGION, "--region"),
        contig=(NAME, "--callContinuousVf"),
        flag=(
            None,
            """
            --exome --targeted --rna --disableEVS --disableSequenceErrorEstimation
            --reportEVSFeatures --retainTempFiles
            """,
        ),
    ),
    refused(
        "--bam --referenceFasta",
        """
        --runDir --config --callRegions --forcedGT --indelCandidates --ploidy --noCompress
        --snvScoringModelFile --indelScoringModelFile
        """,
    ),
)


CAPTURED_OPTIONS = ("--exome", "--targeted")
"""Options in `cmdArgs` for captured targets."""

SEQUENCING_OPTION = "--sequencing"
"""The entry point's option for what was sequenced."""


def _arguments(sample: Sample, reference: S3Uri) -> list[str]:
    options = [SEQUENCING_OPTION, str(sample.sequencing)] if sample.sequencing else []
    return [*call_arguments(sample, reference), *options]


STRELKA = ToolDefinition(
    name="strelka",
    folder="strelka",
    step="callVariants",
    arguments=_arguments,
    inputs=call_inputs,
    options=_OPTIONS,
    programs=(
        Program(
            "strelka",
            "bioconda::strelka",
            executable=_CONFIGURE,
            version_command=(_CONFIGURE, "--version"),
            version_pattern=r"([0-9]+\.[0-9]+\.[0-9]+)",
        ),
        # its scripts need it; without it a task fails, and the workflow hangs
        Program("python2", "bioconda::strelka"),
        SAMTOOLS,
        BGZIP,
        TABIX,
    ),
    scratch_per_byte=2.5,  # it may need the BAM twice
    memory_limit_gib=64,
    vcpu_hours_per_gib=0.8,
    indexes=(FAIDX,),
    more_outputs=(
        *(Output("vcf/stats/runStats.tsv"), Output("vcf/stats/runStats.xml")),
        # the gVCF again, under Strelka's name for it
        Output("vcf/variants/genome.S1.vcf.gz", is_intermediate=True),
        Output("vcf/variants/genome.S1.vcf.gz.tbi", is_intermediate=True),
    ),
)
