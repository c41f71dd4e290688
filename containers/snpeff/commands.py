"""snpEff's command lines: pure.

Java is called directly, because Debian's `snpEff` script splits its arguments at blanks, and with
`-c` prints them into the VCF (its `grep` is not quiet), in 5.1d and 5.2f.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from seqstack.domain.reference.annotation import AnnotationFormat
from seqstack.tools.snpeff_database import JAR


class GenesFile(NamedTuple):
    """How snpEff reads an annotation: the file's name and the option."""

    name: str
    option: str


GENES = {
    AnnotationFormat.GFF3: GenesFile("genes.gff", "-gff3"),
    AnnotationFormat.GTF: GenesFile("genes.gtf", "-gtf22"),
}
SYSTEM_CONFIG = Path("/etc/snpeff/snpEff.config")
SUMMARY_NAME = "snpEff_summary.html"
SUMMARY_TABLE_NAME = "snpEff_summary.csv"
STATISTICS_NAME = "snpEff_statistics.csv"
_ITS_OWN_PAGE = "snpEff_own.html"  # always written, and left in scratch: see `summary`

_MIB_OF_GIB = 1024
_HEAP_SHARE = 0.8  # the rest is the JVM's own
_HEAP_MIB_DEFAULT, _HEAP_MIB_LEAST = 4096, 512


def heap_mib(memory_gib: float | None) -> int:
    """MiB of Java heap in a job of `memory_gib` GiB."""
    if memory_gib is None:
        return _HEAP_MIB_DEFAULT
    return max(_HEAP_MIB_LEAST, int(memory_gib * _MIB_OF_GIB * _HEAP_SHARE))


def build_java_prefix(heap: int, temporary: Path) -> list[str]:
    """Java with a heap of `heap` MiB, running snpEff; temporary files stay in scratch."""
    return [
        *("java", f"-Xmx{heap}m", "-XX:-UsePerfData", f"-Djava.io.tmpdir={temporary}"),
        *("-jar", JAR),
    ]


def build_database_command(
    java: Sequence[str], config: Path, genome: str, form: AnnotationFormat
) -> list[str]:
    """Builds a database from `data/<genome>/{sequences.fa,genes.gff or .gtf}` beside `config`.

    The CDS and protein checks need FASTA files of both, which an annotation alone does not give.
    """
    return [
        *java,
        *("build", "-c", str(config), "-noLog", "-nodownload", GENES[form].option),
        *("-noCheckCds", "-noCheckProtein", genome),
    ]


def build_download_command(java: Sequence[str], config: Path, data: Path, genome: str) -> list[str]:
    """Fetches a ready database from snpEff's repository into the folder `data`."""
    return [*java, "download", "-c", str(config), "-noLog", "-dataDir", str(data), genome]


def build_annotate_command(
    java: Sequence[str],
    *,
    config: Path,
    data: Path,
    genome: str,
    vcf: Path,
    options: Sequence[str] = (),
) -> list[str]:
    """Annotated VCF to stdout, statistics into the working directory."""
    return [
        *java,
        *("ann", "-c", str(config), "-dataDir", str(data), "-noLog", "-nodownload"),
        *("-csvStats", STATISTICS_NAME, "-stats", _ITS_OWN_PAGE, *options, genome, str(vcf)),
    ]


def build_pack_command(threads: int) -> list[str]:
    """VCF on stdin to bgzipped VCF on stdout."""
    return ["bgzip", "--stdout", "--threads", str(threads)]


def build_index_command(vcf: Path) -> list[str]:
    """A tabix index beside the VCF."""
    return ["tabix", "--force", "--preset", "vcf", str(vcf)]
