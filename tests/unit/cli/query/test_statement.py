"""One statement that only reads, for both engines."""

import pytest
from sqlglot import exp, parse_one

from cli.errors import CliError, ExitCode
from cli.query.statement import Statement
from tests.unit.cli.query.conftest import Example

NAMES = {name: f"{name}_1" for name in ("variants", "effects", "genotypes")}


def for_athena(sql: str) -> str:
    return Statement.parse(sql).for_athena("seqstack_dev", NAMES)


def test_tables_get_their_names_in_the_database_and_keep_those_of_the_query() -> None:
    assert for_athena("SELECT Variants.gene FROM Variants JOIN genotypes g USING (position);") == (
        'SELECT Variants.gene FROM "seqstack_dev"."variants_1" AS Variants '
        'JOIN "seqstack_dev"."genotypes_1" AS g USING (position)'
    )


def test_names_of_with_stay() -> None:
    sql = "WITH rare AS (SELECT * FROM variants) SELECT * FROM rare UNION ALL SELECT * FROM rare"

    assert for_athena(sql) == sql.replace(
        "FROM variants", 'FROM "seqstack_dev"."variants_1" AS variants'
    )
    assert Statement.parse(sql).for_duckdb() == sql


def test_functions_are_translated() -> None:
    found = Statement.parse("SELECT approx_distinct(sample), array_agg(gene) FROM genotypes")

    assert found.for_duckdb() == (
        "SELECT APPROX_COUNT_DISTINCT(sample), ARRAY_AGG(gene) FROM genotypes"
    )
    assert "APPROX_DISTINCT(sample)" in found.for_athena("d", NAMES)


@pytest.mark.parametrize(
    ("title", "tables"),
    [
        ("Who carries a variant of high impact in BRCA2", ["effects", "genotypes"]),
        ("Rare variants that all affected samples share", ["variants", "genotypes"]),
        ("De novo candidates of a trio", ["genotypes", "variants", "genotypes"]),
    ],
)
def test_examples_of_the_page_are_athenas_too(
    example: Example, title: str, tables: list[str]
) -> None:
    sql = for_athena(example(title))

    again = parse_one(sql, dialect="athena")
    found = [(table.db, table.name) for table in again.find_all(exp.Table)]
    assert sorted(found) == sorted(("seqstack_dev", NAMES[name]) for name in tables)
    assert again.sql(dialect="athena") == sql


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE variants",
        "DELETE FROM variants",
        "INSERT INTO variants SELECT * FROM variants",
        "CREATE TABLE x AS SELECT * FROM variants",
        "SELECT * INTO x FROM variants",
        "SELECT * FROM variants FOR UPDATE",
        "UNLOAD (SELECT * FROM variants) TO 's3://bucket/' WITH (format = 'PARQUET')",
        "COPY variants TO 'x'",
        "SET x = 1",
        "EXPLAIN ANALYZE SELECT 1",
        "SHOW TABLES",
        "CALL x()",
        "SELECT 1; DROP TABLE variants",
        "SELECT 1; SELECT 2",
        "",
        ";",
        "selec 1",
        "SELECT * FROM",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        'SELECT * FROM "x.parquet"',
        "SELECT * FROM TABLE(system.query('x'))",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM other_database.variants",
        "SELECT (SELECT count(*) FROM secrets) FROM variants",
        "WITH variants AS (SELECT 1) SELECT * FROM variants",
    ],
)
def test_anything_else_is_refused(sql: str) -> None:
    with pytest.raises(CliError) as refused:
        Statement.parse(sql)

    assert refused.value.exit_code is ExitCode.USAGE
    assert refused.value.message


def test_quotient_of_a_number_with_a_point_has_all_places_in_athena() -> None:
    statement = Statement.parse("SELECT 1.0 * carriers / 3, '1.5', 1e-3 FROM variants")

    assert "1.0e0 * carriers / 3, '1.5', 1e-3 " in statement.for_athena("db", {"variants": "v"})
