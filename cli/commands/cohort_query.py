"""`seqstack cohort query`: SQL over the variants of a cohort."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import usage, without_extra
from cli.output import print_json
from cli.session import Session, session_of

if TYPE_CHECKING:
    from cli.query.answers import Answer
    from cli.query.cohort_tables import CohortTables
    from cli.query.statement import Statement

_WORKFLOW = "joint_calling"


class Engine(StrEnum):
    """What runs a query."""

    ATHENA = "athena"
    DUCKDB = "duckdb"


def query(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="COHORT", show_default=False)],
    sql: Annotated[
        str,
        typer.Argument(
            metavar="SQL", help="One SELECT, or `-`: standard input.", show_default=False
        ),
    ],
    *,
    engine: Annotated[
        Engine | None,
        typer.Option(help="Default: athena, or duckdb with the emulator."),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """Query the variants of a cohort in SQL.

    The tables are variants, effects and genotypes; docs/cohorts.md describes their columns. Athena
    bills the bytes that a query reads. DuckDB first fetches the tables to this machine.
    """
    statement = _statement(typer.get_text_stream("stdin").read() if sql == "-" else sql)
    from cli.query.answers import print_answer, print_csv  # noqa: PLC0415 - --help needs none
    from cli.query.cohort_tables import find_tables  # noqa: PLC0415 - as above
    from cli.transport import fetch  # noqa: PLC0415 - as above

    session = session_of(context)
    again = session.options.command("cohort", "joint", name)
    tables = find_tables(session.api, name, _WORKFLOW, fetch, f"make them: `{again}`")
    chosen = engine or _usual_engine(session)
    if chosen is Engine.ATHENA:
        answer = _by_athena(session, statement, tables)
        session.say(f"Athena read {answer.bytes_scanned:,} bytes: ${answer.usd:.4f} at most.")
    else:
        answer = _by_duckdb(session, statement, tables)
    if session.options.json:
        print_json(
            {
                "cohortId": name,
                "runId": tables.run_id,
                "engine": chosen,
                "columns": list(answer.columns),
                "rows": [list(row) for row in answer.rows],
                "bytesScanned": answer.bytes_scanned,
                "costUsd": answer.usd,
            }
        )
    elif csv:
        print_csv(answer)
    else:
        print_answer(session.console, answer)


def _statement(sql: str) -> "Statement":
    try:
        from cli.query.statement import Statement  # noqa: PLC0415 - an extra may be missing
    except ModuleNotFoundError as error:
        raise without_extra("queries need", error) from error
    return Statement.parse(sql)


def _usual_engine(session: Session) -> Engine:
    from cli.aws import stack_outputs  # noqa: PLC0415 - --help needs none

    if session.options.local or "QueryWorkGroup" not in stack_outputs(session.stack):
        return Engine.DUCKDB
    return Engine.ATHENA


def _by_athena(session: Session, statement: "Statement", tables: "CohortTables") -> "Answer":
    from cli.aws import stack_outputs  # noqa: PLC0415 - --help needs none
    from cli.query.by_athena import AthenaPlace  # noqa: PLC0415 - as above
    from cli.query.by_athena import query as run  # noqa: PLC0415 - as above

    made = stack_outputs(session.stack)
    if "QueryWorkGroup" not in made:
        raise usage(
            "the stack has no workgroup of Athena", "deploy this version, or give --engine duckdb"
        )
    place = AthenaPlace(made["QueryWorkGroup"], made["QueryDatabase"])
    return run(statement, tables, place, session.aws.client("athena"), session.aws.client("glue"))


def _by_duckdb(session: Session, statement: "Statement", tables: "CohortTables") -> "Answer":
    try:
        from cli.query.by_duckdb import cache_folder, fetch_tables  # noqa: PLC0415 - as above
        from cli.query.by_duckdb import query as run  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        raise without_extra("queries need", error) from error
    folder: Path = fetch_tables(session.api, tables, cache_folder())
    return run(statement, tables, folder)
