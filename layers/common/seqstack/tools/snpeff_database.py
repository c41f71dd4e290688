"""snpEff build: a FASTA and its annotation to the database that annotation takes."""

from seqstack.domain.s3uri import S3Uri
from seqstack.tools.annotation_options import DATABASE_OPTION, choice_arguments
from seqstack.tools.definition import Program, ToolDefinition
from seqstack.tools.index_roles import NO_OPTIONS, ReferenceSources, index_arguments
from seqstack.tools.programs import JAVA

JAR = "/usr/share/java/snpeff.jar"
"""Where Debian's package has snpEff. Its script `snpEff` splits arguments at blanks."""
SNPEFF_PROGRAMS = (
    Program(
        "snpEff",
        "snpeff",
        executable=JAR,
        version_command=("java", "-jar", JAR, "-version"),
        version_pattern=r"SnpEff\s+(\S+)",
    ),
    JAVA,
)


def _arguments(run: ReferenceSources, reference: S3Uri) -> list[str]:
    return [
        *index_arguments(run, reference),
        *("--annotation_s3_path", str(_annotation(run))),
        *choice_arguments(run),
        *(DATABASE_OPTION, str(run.layout.database)),
    ]


def _inputs(run: ReferenceSources, _reference: S3Uri) -> tuple[S3Uri, ...]:
    return (run.layout.fasta, _annotation(run))


def _annotation(run: ReferenceSources) -> S3Uri:
    if run.annotation is None:
        raise ValueError("there is no annotation to make a database of")
    return run.layout.annotation(run.annotation)


SNPEFF_DATABASE = ToolDefinition(
    name="snpEffDatabase",
    folder="snpeff_database",
    step="buildDatabase",
    arguments=_arguments,
    inputs=_inputs,
    options=NO_OPTIONS,
    programs=SNPEFF_PROGRAMS,
    scratch_per_byte=4.0,  # FASTA and annotation, the database, and its archive
    memory_limit_gib=128,
)
