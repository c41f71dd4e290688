"""Queries by Amazon Athena, over external tables in the stack's database of Glue.

A table's name has a hash of its files' folder, whose content never changes, so that a table is
made once and never altered. https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from cli.aws import translated_errors
from cli.errors import unavailable, usage
from cli.query.answers import Answer, Value
from cli.query.cohort_tables import CohortTables
from cli.query.statement import Statement
from seqstack.domain.variant_tables import OTHER, PARTITIONS, TABLES, Column

_DIGITS = 16
_SECONDS, _MOST_SECONDS = 0.5, 10.0
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
# The list price in US regions: https://aws.amazon.com/athena/pricing/
_USD_PER_TB = 5.0
_LEAST_BYTES = 10_000_000
_READ: Mapping[str, Callable[[str], Value]] = {
    "integer": int,
    "bigint": int,
    "smallint": int,
    "tinyint": int,
    "double": float,
    "float": float,
    "boolean": "true".__eq__,
}

type Pause = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class AthenaPlace:
    """The stack's workgroup of Athena and its database of Glue."""

    workgroup: str
    database: str


def query(
    statement: Statement,
    tables: CohortTables,
    place: AthenaPlace,
    athena: Any,
    glue: Any,
    pause: Pause = time.sleep,
) -> Answer:
    """Run a query, and wait for its rows.

    Raises:
        CliError: Athena or Glue refuses it.
    """
    names = {name: _name(name, tables) for name in TABLES}
    for name, columns in TABLES.items():
        _make_table(glue, place.database, names[name], table_definition(name, columns, tables))
    with translated_errors():
        started = athena.start_query_execution(
            QueryString=statement.for_athena(place.database, names),
            QueryExecutionContext={"Database": place.database},
            WorkGroup=place.workgroup,
        )["QueryExecutionId"]
    try:
        ended = _wait(athena, started, pause)
    except BaseException:  # Ctrl-C too: what nobody reads should not be paid for
        with translated_errors():
            athena.stop_query_execution(QueryExecutionId=started)
        raise
    status = ended["Status"]
    scanned = int(ended.get("Statistics", {}).get("DataScannedInBytes", 0))
    if status["State"] != "SUCCEEDED":
        raise usage(
            f"Athena ended the query as {status['State']}, after {scanned:,} bytes: "
            f"{status.get('StateChangeReason', 'it does not say why')}"
        )
    headings, rows = _rows(athena, started)
    usd = max(scanned, _LEAST_BYTES) * _USD_PER_TB / 1e12
    return Answer(headings, rows, scanned, usd)


def table_definition(
    name: str, columns: tuple[Column, ...], tables: CohortTables
) -> dict[str, Any]:
    """Glue's definition of a table, without its name; its partitions are computed."""
    location = tables.folder / f"{name}/"
    bins = tables.manifest.bins
    projection = {
        "projection.enabled": "true",
        "projection.chromosome.type": "enum",
        "projection.chromosome.values": ",".join([*bins, OTHER]),
        "projection.bin.type": "integer",
        "projection.bin.range": f"0,{max([1, *bins.values()]) - 1}",
    }
    return {
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet", **projection},
        "PartitionKeys": _as_glue(PARTITIONS),
        "StorageDescriptor": {
            "Columns": _as_glue(columns),
            "Location": str(location),
            "InputFormat": f"{_PARQUET}.MapredParquetInputFormat",
            "OutputFormat": f"{_PARQUET}.MapredParquetOutputFormat",
            "SerdeInfo": {"SerializationLibrary": f"{_PARQUET}.serde.ParquetHiveSerDe"},
        },
    }


def _as_glue(columns: tuple[Column, ...]) -> list[dict[str, str]]:
    return [{"Name": each.name, "Type": each.type} for each in columns]


def _name(table: str, tables: CohortTables) -> str:
    token = hashlib.sha256(str(tables.folder).encode()).hexdigest()
    return f"{table}_{token[:_DIGITS]}"


def _make_table(glue: Any, database: str, name: str, definition: Mapping[str, Any]) -> None:
    with translated_errors():
        try:
            glue.create_table(DatabaseName=database, TableInput={"Name": name, **definition})
        except ClientError as error:
            if error.response["Error"]["Code"] != "AlreadyExistsException":
                raise


def _wait(athena: Any, execution: str, pause: Pause) -> Mapping[str, Any]:
    seconds = _SECONDS
    while True:
        with translated_errors():
            found: Mapping[str, Any] = athena.get_query_execution(QueryExecutionId=execution)[
                "QueryExecution"
            ]
        if found["Status"]["State"] not in {"QUEUED", "RUNNING"}:
            return found
        pause(seconds)
        seconds = min(seconds * 1.5, _MOST_SECONDS)


def _rows(athena: Any, execution: str) -> tuple[list[str], list[list[Value]]]:
    """The columns' names, and rows; a page's first row is the names, on the first page only."""
    found: list[list[Value]] = []
    names: list[str] = []
    for number, page in enumerate(_pages(athena, execution)):
        columns = page["ResultSetMetadata"]["ColumnInfo"]
        names = [each["Name"] for each in columns]
        kinds = [each["Type"] for each in columns]
        rows = page["Rows"][1:] if number == 0 else page["Rows"]
        found += [
            [_value(each, kind) for each, kind in zip(row["Data"], kinds, strict=True)]
            for row in rows
        ]
    return names, found


def _pages(athena: Any, execution: str) -> Iterator[Mapping[str, Any]]:
    with translated_errors():
        pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=execution)
        for page in pages:
            yield page["ResultSet"]


def _value(datum: Mapping[str, str], kind: str) -> Value:
    text = datum.get("VarCharValue")
    if text is None:
        return None
    try:
        return _READ[kind](text) if kind in _READ else text
    except ValueError as error:
        raise unavailable(f"Athena has answered {text!r} as a value of type {kind}") from error
