"""snpEff: VCF to a VCF annotated with effects on genes.

The options are from the help of snpEff 5.1.
"""

from seqstack.domain.option_grammar import Grammar, Value
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample import Sample
from seqstack.tools.definition import Program, ToolDefinition
from seqstack.tools.programs import BGZIP, TABIX
from seqstack.tools.values import NAME, WHOLE, options, refused

JAR = "/usr/share/java/snpeff.jar"
"""The path of snpEff in Debian's package, whose script `snpEff` splits arguments at blanks."""

GENETIC_CODE_OPTION = "--genetic_code"
LEFT_OUT_OPTION = "--annotation_left_out"

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


def _arguments(sample: Sample, reference: S3Uri) -> list[str]:
    genes = []
    if sample.annotation:
        genes = [
            *("--reference_s3_path", str(reference)),
            *("--annotation_s3_path", str(sample.annotation)),
            # one word each with "=": a name may begin with "-", which argparse reads as an option
            *(f"{GENETIC_CODE_OPTION}={name}={n}" for name, n in sample.genetic_codes.items()),
            *(f"{LEFT_OUT_OPTION}={name}" for name in sample.left_out),
        ]
    return [
        *("--vcf_s3_path", str(sample.layout.variants)),
        *("--annotated_vcf_s3_path", str(sample.layout.annotated)),
        *genes,
    ]


def _inputs(sample: Sample, reference: S3Uri) -> tuple[S3Uri, ...]:
    genes = (reference, sample.annotation) if sample.annotation else ()
    return (sample.layout.variants, *genes)


SNPEFF = ToolDefinition(
    name="snpEff",
    folder="snpeff",
    step="annotate",
    arguments=_arguments,
    inputs=_inputs,
    options=_OPTIONS,
    programs=(
        Program(
            "snpEff",
            "snpeff",
            executable=JAR,
            version_command=("java", "-jar", JAR, "-version"),
            version_pattern=r"SnpEff\s+(\S+)",
        ),
        Program(
            "java",
            "default-jre-headless",
            version_command=("java", "-version"),
            version_pattern=r'version "([^"]+)"',
        ),
        BGZIP,
        TABIX,
    ),
    scratch_per_byte=5.0,  # measured on a simulated exome: 3.6
    memory_limit_gib=64,
)
