"""Tables of a trio and a neighbour, written by DuckDB, and examples of docs/cohorts.md."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cli.query.cohort_tables import CohortTables
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.variant_tables import FILE_NAME, TABLES, TableFiles

# contig, position, reference, alternate, gene, impact, and each sample's genotype
SITES = [
    ("chr1", 100, "C", "T", "BRCA2", "HIGH", {"son": "0/1", "mother": "0/1"}),
    ("chr1", 100, "C", "G", "BRCA2", "LOW", {"neighbour": "1/1"}),
    ("chr1", 60_000_000, "A", "T", None, None, {"son": "0/1"}),  # de novo
    ("chr1", 60_000_100, "A", "T", None, None, {"son": "0/1", "father": "./."}),
    ("chr2", 7, "A", "*", None, None, {"son": "0/1"}),
    ("chr2", 9, "G", "GA", "TTN", "HIGH", {"son": "0/1", "father": "1/1"}),
]
SAMPLES = ("son", "mother", "father", "neighbour")
TYPES = {"string": "VARCHAR", "int": "INTEGER", "double": "DOUBLE"}


def rows_of_tables() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for contig, position, reference, alternate, gene, impact, genotypes in SITES:
        allele = {
            "contig": contig,
            "position": position,
            "reference": reference,
            "alternate": alternate,
        }
        copies = sum(text.count("1") for text in genotypes.values())
        number = 2 * len(SAMPLES) - sum(text.count(".") for text in genotypes.values())
        effect = {"gene": gene, "impact": impact}
        found["variants"].append(
            {
                **allele,
                **effect,
                "filter": "PASS",
                "quality": 50.0,
                "allele_count": copies,
                "allele_number": number,
                "allele_frequency": copies / number,
            }
        )
        if gene:
            found["effects"].append({**allele, **effect, "number": 1, "hgvs_p": "p.1"})
        for sample, text in genotypes.items():
            dosage = None if "." in text else text.count("1")
            found["genotypes"].append(
                {
                    **allele,
                    "sample": sample,
                    "genotype": text,
                    "dosage": dosage,
                    "depth": 30,
                    "genotype_quality": 99.0,
                }
            )
    return found


def write_tables(folder: Path) -> TableFiles:
    files: dict[str, tuple[str, ...]] = {}
    rows = rows_of_tables()
    for name, columns in TABLES.items():
        named = []
        for chromosome, number in (("chr1", 0), ("chr1", 1), ("chr2", 0)):
            own = [
                row
                for row in rows[name]
                if (row["contig"], row["position"] // 50_000_000) == (chromosome, number)
            ]
            if not own:
                continue
            place = f"{name}/chromosome={chromosome}/bin={number}/{FILE_NAME}"
            (folder / place).parent.mkdir(parents=True)
            described = ", ".join(f'"{each.name}" {TYPES[each.type]}' for each in columns)
            with duckdb.connect(":memory:") as connection:
                connection.execute(f"CREATE TABLE made ({described})")
                marks = ", ".join("?" for _ in columns)
                for row in own:
                    values = [row.get(each.name) for each in columns]
                    connection.execute(f"INSERT INTO made VALUES ({marks})", values)  # noqa: S608
                connection.execute(f"COPY made TO '{folder / place}' (FORMAT parquet)")
            named.append(place)
        files[name] = tuple(named)
    counts = {name: len(each) for name, each in rows.items()}
    bins = {"chr1": 2, "chr2": 1}
    return TableFiles("tables/0123/", len(SAMPLES), bins, 50_000_000, counts, files)


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> tuple[CohortTables, Path]:
    folder = tmp_path_factory.mktemp("tables")
    root = S3Uri.parse("s3://results/cohorts/trio/tables/0123/")
    return CohortTables("joint-1", root, write_tables(folder), {}), folder


type Example = Callable[[str], str]


@pytest.fixture(scope="session")
def example() -> Example:
    """A query of docs/cohorts.md, by the line of prose before it."""
    page = (Path(__file__).parents[4] / "docs/cohorts.md").read_text()

    def find(title: str) -> str:
        _, found, rest = page.partition(f"{title}:\n\n```sql\n")
        assert found, title
        return rest.partition("```")[0]

    return find
