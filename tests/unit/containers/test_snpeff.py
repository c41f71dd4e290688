import gzip
from pathlib import Path

import pytest

from jobkit.errors import UsageError
from jobkit.java import build_java_prefix
from seqstack.domain.reference.annotation import AnnotationFormat
from seqstack.domain.reference.code_choice import choose_codes
from seqstack.domain.reference.contigs import Contig
from seqstack.tools.snpeff_database import JAR
from snpeff.arguments import parse_arguments
from snpeff.commands import (
    build_annotate_command,
    build_database_command,
)
from snpeff.database import write_config
from snpeff.run_snpeff import Records, count_records


def test_parse_arguments_of_the_original_input_name_the_genome() -> None:
    parsed = parse_arguments(["-t", "hg38"])
    assert parsed.genome == "hg38"
    assert parsed.options == ()
    assert parsed.dropped == ("-t",)


@pytest.mark.parametrize(
    ("words", "genome", "options"),
    [
        (["-ud", "2000", "hg38", "-canon"], "hg38", ("-ud", "2000", "-canon")),
        (["hg38", "-ud", "2000"], "hg38", ("-ud", "2000")),
        (["-no-intergenic"], None, ("-no-intergenic",)),
        (["-noStats", "GRCh38.105"], "GRCh38.105", ()),
        ([], None, ()),
    ],
)
def test_parse_arguments_distinguish_values_from_the_genome(
    words: list[str], genome: str | None, options: tuple[str, ...]
) -> None:
    parsed = parse_arguments(words)
    assert (parsed.genome, parsed.options) == (genome, options)


@pytest.mark.parametrize("words", [["hg19", "hg38"], ["-stats", "x"], ["-c", "x"], ["-dataDir=x"]])
def test_parse_arguments_refuse_two_genomes_and_options_of_ours(words: list[str]) -> None:
    with pytest.raises(UsageError):
        parse_arguments(words)


def test_build_annotate_command_writes_the_summary_and_downloads_nothing() -> None:
    command = build_annotate_command(
        build_java_prefix(JAR, 6553, Path("/scratch/tmp")),
        config=Path("/ref/snpEff.config"),
        data=Path("/ref/data"),
        genome="hg38",
        vcf=Path("variants.vcf.gz"),
        options=["-canon"],
    )
    assert command == [
        *("java", "-Xmx6553m", "-XX:-UsePerfData", "-Djava.io.tmpdir=/scratch/tmp"),
        *("-jar", "/usr/share/java/snpeff.jar", "ann", "-c", "/ref/snpEff.config"),
        *("-dataDir", "/ref/data", "-noLog", "-nodownload"),
        *("-csvStats", "snpEff_statistics.csv", "-stats", "snpEff_own.html"),
        *("-canon", "hg38", "variants.vcf.gz"),
    ]


def test_write_config_writes_out_the_code_of_each_contig_that_has_one_of_its_own() -> None:
    contigs = [Contig("chr1", 5000), Contig("chrM", 16_569), Contig("gi|7|ref|X.1", 900)]
    codes = choose_codes(contigs, {"gi|7|ref|X.1": 4}, {})

    lines = write_config("hg38", codes).splitlines()

    assert lines[:2] == ["data.dir = ./data/", "hg38.genome : hg38"]
    assert [line.partition(" : ")[0] for line in lines[2:4]] == ["codon.NCBI_2", "codon.NCBI_4"]
    assert lines[4:] == [
        "hg38.chrM.codonTable : NCBI_2",
        r"hg38.gi\|7\|ref\|X.1.codonTable : NCBI_4",  # as Java's Properties have a key
    ]


def test_write_config_of_the_standard_code_names_no_table() -> None:
    codes = choose_codes([Contig("chr1", 5000)], {}, {})

    assert write_config("hg38", codes) == "data.dir = ./data/\nhg38.genome : hg38\n"


@pytest.mark.parametrize(
    ("form", "option"), [(AnnotationFormat.GFF3, "-gff3"), (AnnotationFormat.GTF, "-gtf22")]
)
def test_build_database_command_reads_each_format_as_what_it_is(
    form: AnnotationFormat, option: str
) -> None:
    command = build_database_command(["snpEff"], Path("c"), "hg38", form)

    assert option in command
    assert len({"-gff3", "-gtf22"} & set(command)) == 1


def test_count_records_counts_those_that_snpeff_could_not_place(tmp_path: Path) -> None:
    path = tmp_path / "x.vcf.gz"
    lines = b"##a\n#CHROM\nchr1\t1\tANN=A|missense\nchrX\t2\tANN=||ERROR_CHROMOSOME_NOT_FOUND\n"
    path.write_bytes(gzip.compress(lines))
    assert count_records(path) == (2, 1, 0, 0)


def coding(records: int, differing: int) -> Records:
    return Records(records, 0, records, differing)


def test_database_is_of_another_reference_if_more_than_a_tenth_of_coding_variants_differ() -> None:
    assert coding(29, 3).is_of_another_reference
    assert not coding(30, 3).is_of_another_reference
    assert not coding(2, 2).is_of_another_reference
