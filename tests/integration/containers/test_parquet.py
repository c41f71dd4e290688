"""Tables of an annotated VCF: alleles, effects and genotypes as the VCF has them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pysam
import pytest

from seqstack.domain.variant_tables import PARTITIONS, TABLES
from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, OUT, Entry, declare_whole

ANN = (
    '##INFO=<ID=ANN,Number=.,Type=String,Description="Functional annotations: '
    "'Allele | Annotation | Annotation_Impact | Gene_Name' \">"
)
HEADER = [
    "##fileformat=VCFv4.2",
    "##contig=<ID=chr1,length=120000000>",
    "##contig=<ID=chrX,length=2000000>",
    "##contig=<ID=HLA-A*01:01,length=3000>",
    '##FILTER=<ID=LowQual,Description="Low quality">',
    ANN,
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Depth">',
    '##FORMAT=<ID=GQ,Number=1,Type=Float,Description="Quality">',
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Depth of alleles">',
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tson\tmother\tfather",
]


def effect(allele: str, term: str, impact: str, gene: str, kind: str = "transcript") -> str:
    return (
        f"{allele}|{term}|{impact}|{gene}|{gene}-id|{kind}|{gene}.1|protein_coding|1/2|c.1|p.1|||||"
    )


RECORDS = [
    # three alleles: one sample has both alternates, phased; one is unknown
    "chr1\t100\trs1\tC\tT,G\t50.5\tPASS\tANN="
    + ",".join(
        [
            effect("G", "stop_gained", "HIGH", "ABC"),
            effect("T", "missense_variant", "MODERATE", "ABC"),
            effect("G", "intergenic_region", "MODIFIER", "ABC-XYZ", "intergenic_region"),
        ]
    )
    + "\tGT:DP:GQ:AD\t0/1:10:20:5,5,0\t1|2:12:30.5:0,6,6\t./.:.:.:.",
    # a deletion that began before, and half a genotype
    "chr1\t60000000\t.\tCAA\t*,C\t.\t.\t.\tGT:DP\t./2:7\t0/0:8\t1/1:9",
    # haploid
    "chrX\t5\t.\tA\tT\t9\tLowQual\t.\tGT:DP\t1:3\t0/1:4\t0:5",
    # an allele that was not seen, and no alternate allele at all
    "HLA-A*01:01\t7\t.\tA\tG,<*>\t9\tPASS\t.\tGT\t1/1\t0/0\t0/0",
    "HLA-A*01:01\t8\t.\tA\t.\t9\tPASS\t.\tGT\t0/0\t0/0\t./.",
]


def bgzipped(folder: Path, lines: list[str]) -> bytes:
    plain, packed = folder / "lines.vcf", folder / "lines.vcf.gz"
    plain.write_text("".join(f"{line}\n" for line in lines))
    pysam.tabix_compress(str(plain), str(packed), force=True)
    return packed.read_bytes()


@pytest.fixture
def tabulate(entry: Entry, s3: Any, tmp_path: Path) -> Callable[..., Any]:
    """Runs the entry point on the lines of a VCF."""

    def run(name: str, lines: list[str], *, code: int = 0) -> Any:
        out = f"s3://{BUCKET}/{name}"
        packed = bgzipped(tmp_path, lines)
        s3.put_object(Bucket=BUCKET, Key=f"{name}/vcf/annotated/variants.ann.vcf.gz", Body=packed)
        declare_whole(s3, out, "annotate", "vcf/annotated/variants.ann.vcf.gz")
        ended = entry.run("parquet", *arguments.parquet(out))
        assert ended.code == code, ended.log
        assert entry.is_scratch_clean()
        return ended.log if code else Tables(s3, name, tmp_path / name)

    return run


class Tables:
    """The tables that a job has written, as DuckDB reads them."""

    def __init__(self, s3: Any, name: str, folder: Path) -> None:
        self._s3 = s3
        self.manifest = json.loads(self.read(f"{name}/tables/tables.json"))
        self.provenance = json.loads(self.read(f"{name}/provenance/tabulateVariants.json"))
        self.files = {}
        for table, found in self.manifest["tables"].items():
            for file in found["files"]:
                content = self.read(f"{name}/{self.manifest['folder']}{file}")
                self.files[file] = content
                path = folder / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            assert [file for file in self.files if file.startswith(f"{table}/")] == found["files"]
        self.folder = folder

    def read(self, key: str) -> bytes:
        content = self._s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        assert isinstance(content, bytes)
        return content

    def rows(
        self, table: str, columns: str, order: str = "", groups: str = ""
    ) -> list[tuple[Any, ...]]:
        source = f"read_parquet('{self.folder}/{table}/*/*/*.parquet', hive_partitioning=true)"
        grouped = groups and f"GROUP BY {groups}"
        ordered = order and f"ORDER BY {order}"
        query = f"SELECT {columns} FROM {source} {grouped} {ordered}"  # noqa: S608
        return duckdb.execute(query).fetchall()


@pytest.fixture
def tables(tabulate: Callable[..., Tables]) -> Tables:
    return tabulate("tables-of-three", [*HEADER, *RECORDS])


def test_each_alternate_allele_is_a_row_with_its_own_effect_and_counts(tables: Tables) -> None:
    columns = "contig, position, reference, alternate, id, quality, filter, gene, impact"
    counts = "allele_count, allele_number, carriers"

    assert tables.rows("variants", f"{columns}, {counts}", "position, alternate") == [
        ("chrX", 5, "A", "T", None, 9.0, "LowQual", None, None, 2, 4, 2),
        ("HLA-A*01:01", 7, "A", "G", None, 9.0, "PASS", None, None, 2, 6, 1),
        ("chr1", 100, "C", "G", "rs1", 50.5, "PASS", "ABC", "HIGH", 1, 4, 1),
        ("chr1", 100, "C", "T", "rs1", 50.5, "PASS", "ABC", "MODERATE", 2, 4, 2),
        ("chr1", 60_000_000, "CAA", "*", None, None, None, None, None, 2, 5, 1),
        ("chr1", 60_000_000, "CAA", "C", None, None, None, None, None, 1, 5, 1),
    ]
    assert tables.rows("variants", "allele_frequency", "position LIMIT 1") == [(0.5,)]


def test_effects_have_the_most_severe_first(tables: Tables) -> None:
    found = tables.rows(
        "effects", "alternate, number, impact, gene_id, transcript", "alternate, number"
    )

    assert found == [
        ("G", 1, "HIGH", "ABC-id", "ABC.1"),
        ("G", 2, "MODIFIER", "ABC-XYZ-id", None),
        ("T", 1, "MODERATE", "ABC-id", "ABC.1"),
    ]


def test_genotypes_leave_out_only_who_certainly_has_no_copy(tables: Tables) -> None:
    columns = "position, alternate, sample, genotype, dosage, depth"

    assert tables.rows("genotypes", columns, "position, alternate, sample") == [
        (5, "T", "mother", "0/1", 1, 4),
        (5, "T", "son", "1", 1, 3),
        (7, "G", "son", "1/1", 2, None),
        (100, "G", "father", "./.", None, None),
        (100, "G", "mother", "1|2", 1, 12),
        (100, "T", "father", "./.", None, None),
        (100, "T", "mother", "1|2", 1, 12),
        (100, "T", "son", "0/1", 1, 10),
        (60_000_000, "*", "father", "1/1", 2, 9),
        (60_000_000, "*", "son", "./2", None, 7),
        (60_000_000, "C", "son", "./2", 1, 7),
    ]
    depths = "sample, genotype_quality, reference_depth, alternate_depth"
    assert tables.rows("genotypes", f"alternate, {depths}")[:6] == [
        ("T", "son", 20.0, 5, 5),
        ("T", "mother", 30.5, 0, 6),
        ("T", "father", None, None, None),
        ("G", "mother", 30.5, 0, 6),
        ("G", "father", None, None, None),
        ("*", "son", None, None, None),
    ]


def test_files_are_partitioned_by_chromosome_and_bin(tables: Tables) -> None:
    assert tables.rows("variants", "DISTINCT chromosome, bin", "chromosome, bin") == [
        ("chr1", 0),
        ("chr1", 1),
        ("chrX", 0),
        ("other", 0),
    ]
    assert tables.manifest["bins"] == {"chr1": 3, "chrX": 1}
    assert tables.manifest["binSize"] == 50_000_000


def test_short_contigs_between_long_ones_share_a_partition(
    tabulate: Callable[..., Tables],
) -> None:
    header = [line.replace("chrX", "HLA-B*07:02") for line in HEADER]
    header[3:3] = ["##contig=<ID=chr6_alt,length=2000000>", "##contig=<ID=HLA-C*1,length=9>"]
    record = "{}\t5\t.\tA\tT\t9\tPASS\tANN=" + effect("T", "x", "LOW", "B") + "\tGT\t0/1\t0/1\t0/0"
    contigs = ["HLA-B*07:02", "chr6_alt", "HLA-C*1", "chr1", "HLA-A*01:01"]

    found = tabulate("tables-between", [*header, *map(record.format, contigs)])

    for table, rows in (("variants", 1), ("effects", 1), ("genotypes", 2)):
        assert found.rows(table, "contig, chromosome, bin, count(*)", "1", "1, 2, 3") == [
            (contig, contig if contig.startswith("chr") else "other", 0, rows)
            for contig in sorted(contigs)
        ]
    places = {
        f"{name.rpartition('/')[0]}" for name in found.manifest["tables"]["variants"]["files"]
    }
    assert len(places) == 3


def test_columns_are_those_of_the_definition(tables: Tables) -> None:
    kinds = {"VARCHAR": "string", "INTEGER": "int", "DOUBLE": "double", "BIGINT": "int"}
    for name, columns in TABLES.items():
        described = tables.rows(name, "*", "")
        source = f"read_parquet('{tables.folder}/{name}/*/*/*.parquet', hive_partitioning=true)"
        found = duckdb.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608
        assert len(described) == tables.manifest["tables"][name]["rows"]
        assert {row[0]: kinds[row[1]] for row in found} == {
            each.name: each.type for each in (*columns, *PARTITIONS)
        }


def test_provenance_lists_the_manifest_and_every_file(tables: Tables) -> None:
    written = {row["uri"].partition("/tables/")[2] for row in tables.provenance["outputs"]}

    own = tables.manifest["folder"].removeprefix("tables/")
    assert written == {"tables.json", *(f"{own}{name}" for name in tables.files)}
    assert tables.provenance["facts"]["rows"] == {"variants": 6, "effects": 3, "genotypes": 11}
    assert {"cyvcf2", "pyarrow"} == tables.provenance["versions"].keys()
    assert "unknown" not in tables.provenance["versions"].values()


def test_vcf_of_snpeff_has_the_same_alleles_effects_and_genotypes_in_tables(
    sample_steps: Entry, s3: Any, tmp_path: Path
) -> None:
    ended = sample_steps.run("parquet", *arguments.parquet(OUT))

    assert ended.code == 0, ended.log
    name = OUT.removeprefix(f"s3://{BUCKET}/")
    tables = Tables(s3, name, tmp_path / "tables")
    vcf = tmp_path / "variants.ann.vcf.gz"
    vcf.write_bytes(tables.read(f"{name}/vcf/annotated/{vcf.name}"))
    alleles, effects, genotypes = [], [], []
    with pysam.VariantFile(str(vcf)) as records:
        for record in records:
            for alternate in record.alts or ():
                alleles.append((record.chrom, record.pos, record.ref, alternate))
            for text in record.info["ANN"]:
                allele, _, impact, gene, *_rest = text.split("|")
                effects.append((record.chrom, record.pos, allele, gene or None, impact))
            given = record.samples["S1"].allele_indices
            genotypes.append((record.chrom, record.pos, sum(each > 0 for each in given)))
    assert len(alleles) > 50
    assert {effect[-1] for effect in effects} >= {"MODIFIER", "MODERATE"}
    columns = "contig, position, reference, alternate"
    assert sorted(tables.rows("variants", columns)) == sorted(alleles)
    columns = "contig, position, alternate, gene, impact"
    assert sorted(map(str, tables.rows("effects", columns))) == sorted(map(str, effects))
    assert sorted(
        tables.rows("genotypes", "contig, position, sum(dosage)", "1, 2", "contig, position")
    ) == sorted(genotypes)


def test_same_vcf_gives_the_same_files(tables: Tables, tabulate: Callable[..., Tables]) -> None:
    again = tabulate("tables-again", [*HEADER, *RECORDS])

    assert again.files == tables.files
    assert again.manifest == tables.manifest
    other = tabulate("tables-of-less", [*HEADER, *RECORDS[1:]])
    assert other.manifest["folder"] != tables.manifest["folder"]


def test_vcf_without_records_has_empty_tables(tabulate: Callable[..., Tables]) -> None:
    empty = tabulate("tables-of-none", HEADER)

    assert empty.files == {}
    assert [each["rows"] for each in empty.manifest["tables"].values()] == [0, 0, 0]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([*HEADER, RECORDS[1], RECORDS[0]], "not sorted: chr1:100 comes too late"),
        ([*HEADER, RECORDS[0], RECORDS[2], RECORDS[1]], "not sorted: chr1:60,000,000"),
        ([line for line in HEADER if line != ANN], "not annotated: its header has no ANN"),
        (
            [line.replace(",length=3000", "") for line in HEADER],
            "does not tell the length of each contig",
        ),
        ([line.partition("\tFORMAT")[0] for line in HEADER], "has no samples"),
        (
            [line.replace("=120000000", "=3000000000") for line in HEADER],
            "chr1 is longer than 2,147,483,647 bases",
        ),
        (
            [*HEADER, RECORDS[0].replace("=G|stop", "=A|stop")],
            "chr1:100: ANN has an effect of A, which is not in ALT",
        ),
        (
            [*HEADER, RECORDS[3].replace("1/1", "1/2")],
            "HLA-A*01:01:7: a genotype has <*>, which is no allele",
        ),
        (
            [*HEADER, RECORDS[2].replace("GT:DP\t1:3\t0/1:4\t0:5", "DP\t3\t4\t5")],
            "chrX:5: the record has no genotypes",
        ),
    ],
)
def test_vcf_that_can_not_be_right_is_refused(
    tabulate: Callable[..., Any], lines: list[str], problem: str
) -> None:
    log = tabulate("tables-refused", lines, code=65)

    assert problem in log


def test_vcf_that_ends_early_is_refused(
    entry: Entry, s3: Any, keys: Callable[[str], set[str]], tmp_path: Path
) -> None:
    name = "tables-cut"
    packed = bgzipped(tmp_path, [*HEADER, *RECORDS])
    s3.put_object(Bucket=BUCKET, Key=f"{name}/vcf/annotated/variants.ann.vcf.gz", Body=packed[:-28])
    declare_whole(s3, f"s3://{BUCKET}/{name}", "annotate", "vcf/annotated/variants.ann.vcf.gz")

    ended = entry.run("parquet", *arguments.parquet(f"s3://{BUCKET}/{name}"))

    assert ended.code == 73
    assert keys(f"{name}/tables/") == set()
