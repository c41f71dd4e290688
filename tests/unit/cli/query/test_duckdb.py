"""Queries by DuckDB, those of the documentation among them."""

from dataclasses import replace
from pathlib import Path

import pytest

from cli.errors import CliError
from cli.query.by_duckdb import query
from cli.query.cohort_tables import CohortTables
from cli.query.statement import Statement
from seqstack.domain.variant_tables import TABLES
from tests.unit.cli.query.conftest import Example

type Tables = tuple[CohortTables, Path]


def rows(tables: Tables, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in query(Statement.parse(sql), *tables).rows]


def test_carriers_of_high_impact_variants_in_a_gene(tables: Tables, example: Example) -> None:
    found = rows(tables, example("Who carries a variant of high impact in BRCA2"))

    assert found == [
        ("mother", "chr1", 100, "C", "T", "0/1", None, "p.1"),
        ("son", "chr1", 100, "C", "T", "0/1", None, "p.1"),
    ]


def test_rare_variants_shared_by_affected_samples(tables: Tables, example: Example) -> None:
    sql = example("Rare variants that all affected samples share")

    assert rows(tables, sql.replace("0.01", "0.5")) == [
        ("chr1", 100, "C", "T", "BRCA2", None, 0.25),
    ]
    assert rows(tables, sql) == []


def test_de_novo_candidates_leave_out_what_a_parent_may_have(
    tables: Tables, example: Example
) -> None:
    assert rows(tables, example("De novo candidates of a trio")) == [
        ("chr1", 60_000_000, "A", "T", None, None, "0/1", 30),
    ]


def test_partitions_and_whole_numbers_are_as_athena_has_them(tables: Tables) -> None:
    assert rows(tables, "SELECT DISTINCT chromosome, bin FROM variants ORDER BY 1, 2") == [
        ("chr1", 0),
        ("chr1", 1),
        ("chr2", 0),
    ]
    assert rows(tables, "SELECT 7 / 2, 7 / 2.0") == [(3, 3.5)]


def test_tables_without_rows_have_their_columns(tables: Tables) -> None:
    found, folder = tables
    none = replace(found.manifest, files=dict.fromkeys(TABLES, ()))

    empty = query(
        Statement.parse("SELECT * FROM genotypes WHERE bin = 0"),
        replace(found, manifest=none),
        folder,
    )

    assert list(empty.columns) == [
        *(each.name for each in TABLES["genotypes"]),
        *("chromosome", "bin"),
    ]
    assert empty.rows == []


def test_unknown_column_is_refused_in_a_line(tables: Tables) -> None:
    with pytest.raises(CliError, match=r"can't be run: Binder Error.*genee"):
        rows(tables, "SELECT genee FROM variants")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # https://trino.io/docs/current/functions/regexp.html, string.html and aggregate.html
        ("regexp_extract('rs', '[0-9]+')", None),
        ("regexp_extract('rs12', '([a-z]+)([0-9]+)', 2)", "12"),
        ("regexp_replace('p.Arg', 'p\\.(A)', '$1-')", "A-rg"),
        ("split_part('a&b', '&', 2)", "b"),
        ("split_part('a&b', '&', 3)", None),
        ("split_part(split_part('a,b&c', '&', 1), ',', 2)", "b"),
        ("max_by(x, n)", None),
        ("min_by(x, n)", "first"),
        ("cast(2.5 as integer)", 3),
        ("cast(-0.5 * 1 as bigint)", -1),
        ("cast('12' as integer)", 12),
        ("try_cast('x' as integer)", None),
        ("cast(9007199254740993 as bigint)", 9007199254740993),
        ("1.0 * 1 / 8", 0.125),
        ("approx_percentile(n, 0.0)", 1),
    ],
)
def test_functions_answer_as_trino_documents_them(
    tables: Tables, expression: str, expected: object
) -> None:
    values = "(VALUES ('first', 1), (NULL, 2)) AS t(x, n)"

    assert rows(tables, f"SELECT DISTINCT {expression} FROM {values}") == [(expected,)]  # noqa: S608


@pytest.mark.parametrize(
    "expression",
    [
        "slice(ARRAY[1, 2, 3], 2, 2)",
        "array_max(ARRAY[1, NULL])",
        "array_position(ARRAY[1], 2)",
        "substr('abc', 0)",
        "regexp_replace('a', 'a', '${name}')",
        "regexp_replace('a', 'a', upper('b'))",
    ],
)
def test_function_that_would_answer_otherwise_is_refused(tables: Tables, expression: str) -> None:
    with pytest.raises(CliError, match="in another way than Athena"):
        rows(tables, f"SELECT {expression}")


def test_heading_is_what_the_query_says(tables: Tables) -> None:
    sql = "SELECT split_part('a', 'b', 1), contig, 1 AS one FROM variants"

    assert query(Statement.parse(sql), *tables).columns == [
        "SPLIT_PART('a', 'b', 1)",
        "contig",
        "one",
    ]
