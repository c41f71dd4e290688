"""snpEff: VCF to a VCF annotated with effects on genes.

The options are from the help of snpEff 5.1.
"""

from collections.abc import Sequence
from typing import Protocol

from seqstack.domain.option_grammar import Grammar, Value
from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.annotation_options import DATABASE_OPTION, Choices, choice_arguments
from seqstack.tools.definition import ToolDefinition
from seqstack.tools.programs import BGZIP, TABIX
from seqstack.tools.snpeff_database import SNPEFF_PROGRAMS
from seqstack.tools.values import NAME, WHOLE, options, refused

VARIANTS_STEP_OPTION = "--variants_step"
_CALL_VARIANTS = "callVariants"
_GENOME = Value(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", "the name of a snpEff database")


_OPTIONS = Grammar(
    "snpEff ann",
    options(
        whole=(
            WHOLE,
            """
            -maxTSL -ss -spliceSiteSize -spliceRegionExonSize -spliceRegionIntronMin
            -spliceRegionIntronMax -ud -upDownStreamLen
            """,
        ),
        name=(NAME, "-chr -no -reg"),
        flag=(
            None,
            """
            -canon -classic -formatEff -geneId -hgvs -hgvsOld -hgvs1LetterAa -hgvsTrId
            -interaction -lof -motif -nextProt -no-downstream -no-intergenic -no-intron
            -no-upstream -no-utr -noExpandIUB -noHgvs -noInteraction -noLof -noMotif -noNextProt
            -noShiftHgvs -noStats -oicr -onlyProtein -onlyReg -q -quiet -sequenceOntology
            -strict -t -v -verbose
            """,
        ),
    ),
    refused(
        "-i -o -download -nodownload -noLog -noGenome -h -help -version -d -debug",
        """
        -c -config -configOption -dataDir -s -stats -htmlStats -csvStats -fastaProt -fileList
        -fi -filterInterval -interval -canonList -onlyTr -cancerSamples
        """,
    ),
    operand=_GENOME,
    has_letters=False,
)


def database_named(words: Sequence[str]) -> str | None:
    """The database that snpEff's arguments name, such as `hg38` in `-t hg38`."""
    arguments, _ = _OPTIONS.read(words)
    return next((each.words[0] for each in arguments if not each.option), None)


class _Called(Choices, Protocol):
    """A run with a VCF, and the step that makes it."""

    @property
    def annotation(self) -> S3Uri | None: ...
    @property
    def database(self) -> S3Uri | None: ...
    @property
    def layout(self) -> ResultLayout: ...
    @property
    def variants_step(self) -> str: ...


def _arguments(run: _Called, reference: S3Uri) -> list[str]:
    genes = []
    if run.annotation:
        genes = [
            *("--reference_s3_path", str(reference)),
            *("--annotation_s3_path", str(run.annotation)),
            *choice_arguments(run),
            *((DATABASE_OPTION, str(run.database)) if run.database else ()),
        ]
    is_usual = run.variants_step == _CALL_VARIANTS
    return [
        *("--vcf_s3_path", str(run.layout.variants)),
        *(() if is_usual else (VARIANTS_STEP_OPTION, run.variants_step)),
        *("--annotated_vcf_s3_path", str(run.layout.annotated)),
        *genes,
    ]


def _inputs(run: _Called, reference: S3Uri) -> tuple[S3Uri, ...]:
    if run.annotation is None:
        return (run.layout.variants,)
    return (run.layout.variants, run.database or reference, run.annotation)


SNPEFF = ToolDefinition(
    name="snpEff",
    folder="snpeff",
    step="annotate",
    arguments=_arguments,
    inputs=_inputs,
    options=_OPTIONS,
    programs=(*SNPEFF_PROGRAMS, BGZIP, TABIX),
    scratch_per_byte=5.0,  # measured on a simulated exome: 3.6
    memory_limit_gib=64,
    vcpu_hours_per_gib=4.0,
)
