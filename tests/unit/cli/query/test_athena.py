"""Queries by Athena: requests as its model has them, answers as its documentation shows them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cli.errors import CliError, ExitCode
from cli.query import by_athena
from cli.query.answers import Answer
from cli.query.by_athena import AthenaPlace, table_definition
from cli.query.cohort_tables import CohortTables
from cli.query.statement import Statement
from seqstack.domain.variant_tables import TABLES

PLACE = AthenaPlace("seqstack-dev", "seqstack_dev")
ID = "8f3d2a10-1b2c-4d5e-8f90-a1b2c3d4e5f6"
SQL = "SELECT sample, count(*) FROM genotypes GROUP BY sample"

type Tables = tuple[CohortTables, Path]


def client(service: str) -> Any:
    session: Any = boto3.Session("testing", "testing", region_name="us-east-1")
    return session.client(service)


class Stubs:
    """Athena and Glue, which refuse requests that do not match their models."""

    def __init__(self, tables: CohortTables) -> None:
        self._tables = tables
        self.athena, self.glue = client("athena"), client("glue")
        self.of_athena, self.of_glue = Stubber(self.athena), Stubber(self.glue)
        self.pauses: list[float] = []

    @contextmanager
    def active(self) -> Iterator[None]:
        with self.of_athena, self.of_glue:
            yield
        self.of_athena.assert_no_pending_responses()
        self.of_glue.assert_no_pending_responses()

    def names(self) -> dict[str, str]:
        return {name: by_athena._name(name, self._tables) for name in TABLES}

    def make_tables(self, *, again: bool = False) -> None:
        for name, columns in TABLES.items():
            definition = table_definition(name, columns, self._tables)
            expected = {
                "DatabaseName": PLACE.database,
                "TableInput": {"Name": self.names()[name], **definition},
            }
            if again:
                self.of_glue.add_client_error(
                    "create_table", "AlreadyExistsException", expected_params=expected
                )
            else:
                self.of_glue.add_response("create_table", {}, expected)

    def start(self) -> None:
        name = self.names()["genotypes"]
        sql = f'SELECT sample, COUNT(*) FROM "seqstack_dev"."{name}" AS genotypes GROUP BY sample'  # noqa: S608
        self.of_athena.add_response(
            "start_query_execution",
            {"QueryExecutionId": ID},
            {
                "QueryString": sql,
                "QueryExecutionContext": {"Database": PLACE.database},
                "WorkGroup": PLACE.workgroup,
            },
        )

    def state(self, state: str, *, scanned: int = 0, reason: str = "") -> None:
        status = {"State": state, **({"StateChangeReason": reason} if reason else {})}
        execution = {"Status": status, "Statistics": {"DataScannedInBytes": scanned}}
        self.of_athena.add_response(
            "get_query_execution", {"QueryExecution": execution}, {"QueryExecutionId": ID}
        )

    def results(self, rows: list[list[str | None]], token: str = "", last: str = "") -> None:
        page = {
            "ResultSet": {
                "Rows": [
                    {"Data": [{} if value is None else {"VarCharValue": value} for value in row]}
                    for row in rows
                ],
                "ResultSetMetadata": {
                    "ColumnInfo": [
                        {"Name": "sample", "Type": "varchar"},
                        {"Name": "_col1", "Type": "bigint"},
                    ]
                },
            },
            **({"NextToken": token} if token else {}),
        }
        expected = {"QueryExecutionId": ID, **({"NextToken": last} if last else {})}
        self.of_athena.add_response("get_query_results", page, expected)

    def stop(self) -> None:
        self.of_athena.add_response("stop_query_execution", {}, {"QueryExecutionId": ID})

    def run(self) -> Answer:
        with self.active():
            return by_athena.query(
                Statement.parse(SQL),
                self._tables,
                PLACE,
                self.athena,
                self.glue,
                self.pauses.append,
            )


@pytest.fixture
def stubs(tables: Tables) -> Stubs:
    return Stubs(tables[0])


def test_rows_of_all_pages_have_values_of_their_types(stubs: Stubs) -> None:
    stubs.make_tables()
    stubs.start()
    stubs.state("QUEUED")
    stubs.state("RUNNING")
    stubs.state("SUCCEEDED", scanned=200_000_000)
    stubs.results([["sample", "_col1"], ["son", "5"], [None, None]], token="more")
    stubs.results([["sample", "7"]], last="more")

    answer = stubs.run()

    assert answer == Answer(
        ["sample", "_col1"], [["son", 5], [None, None], ["sample", 7]], 200_000_000, 0.001
    )
    assert stubs.pauses == sorted(stubs.pauses)
    assert len(stubs.pauses) == 2


def test_tables_that_are_there_are_used_and_the_least_price_is_of_10_megabytes(
    stubs: Stubs,
) -> None:
    stubs.make_tables(again=True)
    stubs.start()
    stubs.state("SUCCEEDED", scanned=1)
    stubs.results([["sample", "_col1"]])

    answer = stubs.run()

    assert (list(answer.rows), answer.usd) == ([], 0.00005)


def test_query_that_fails_says_why(stubs: Stubs) -> None:
    stubs.make_tables()
    stubs.start()
    stubs.state("FAILED", scanned=12_000_000, reason="Query exhausted scan limit")

    with pytest.raises(CliError) as failed:
        stubs.run()

    assert failed.value.message == (
        "Athena ended the query as FAILED, after 12,000,000 bytes: Query exhausted scan limit"
    )


def test_query_that_nobody_waits_for_is_stopped(stubs: Stubs) -> None:
    stubs.make_tables()
    stubs.start()
    stubs.state("RUNNING")
    stubs.stop()

    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    stubs.pauses = []
    with pytest.raises(KeyboardInterrupt), stubs.active():
        by_athena.query(
            Statement.parse(SQL), stubs._tables, PLACE, stubs.athena, stubs.glue, interrupt
        )


def test_missing_permission_is_said(stubs: Stubs) -> None:
    stubs.of_glue.add_client_error("create_table", "AccessDeniedException", "no glue:CreateTable")

    with pytest.raises(CliError, match="no glue:CreateTable") as refused:
        stubs.run()

    assert refused.value.exit_code is ExitCode.NO_ACCESS


def test_definition_projects_the_partitions_of_the_manifest(tables: Tables) -> None:
    made = table_definition("genotypes", TABLES["genotypes"], tables[0])

    assert made["StorageDescriptor"]["Location"] == (
        "s3://results/cohorts/trio/tables/0123/genotypes/"
    )
    assert made["Parameters"] == {
        "EXTERNAL": "TRUE",
        "classification": "parquet",
        "projection.enabled": "true",
        "projection.chromosome.type": "enum",
        "projection.chromosome.values": "chr1,chr2,other",
        "projection.bin.type": "integer",
        "projection.bin.range": "0,1",
    }
    assert made["PartitionKeys"] == [
        {"Name": "chromosome", "Type": "string"},
        {"Name": "bin", "Type": "int"},
    ]
