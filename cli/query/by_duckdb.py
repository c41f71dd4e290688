"""Queries by DuckDB, of files that are fetched to this machine and kept there."""

import os
from pathlib import Path

import duckdb

from cli.client import ApiClient
from cli.downloads import LINK_SECONDS, Links, download, wanted_files
from cli.errors import usage
from cli.query.answers import Answer
from cli.query.cohort_tables import CohortTables
from cli.query.statement import Statement
from cli.screen.progress import Transfers
from seqstack.domain.variant_tables import PARTITIONS, TABLES, Column

_TYPES = {"string": "VARCHAR", "int": "INTEGER", "double": "DOUBLE"}


def cache_folder() -> Path:
    """Where fetched tables are kept: `seqstack/tables` of the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "seqstack" / "tables"


def fetch_tables(api: ApiClient, tables: CohortTables, cache: Path) -> Path:
    """Fetch the files that are not there yet, with their provenance; return their folder."""
    links = Links(lambda: api.list_outputs(tables.run_id, LINK_SECONDS))
    step = next(iter(tables.outputs.values()))["step"] if tables.outputs else ""
    folder = cache / tables.run_id
    wanted = wanted_files((each for each in links.renew() if each["step"] == step), folder)
    with Transfers() as progress:
        download(wanted, links, progress, overwrites=True)
    return folder / tables.manifest.folder


def query(statement: Statement, tables: CohortTables, folder: Path) -> Answer:
    """Run a query over the files below `folder`.

    Raises:
        CliError: DuckDB refuses the query.
    """
    with duckdb.connect(":memory:") as connection:
        for name, columns in TABLES.items():
            files = [str(folder / each) for each in tables.manifest.files[name]]
            connection.execute(f"CREATE VIEW {name} AS {_source(columns, files)}")
        # a query reads these files and nothing else of this machine
        allowed = _literal(f"{folder}/")
        connection.execute(f"SET allowed_directories = [{allowed}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET integer_division = true")  # as in Athena
        connection.execute("SET lock_configuration = true")
        try:
            found = connection.execute(statement.for_duckdb())
            names = [each[0] for each in found.description or ()]
            return Answer(names, found.fetchall())
        except duckdb.Error as error:
            raise usage(f"the query can't be run: {str(error).splitlines()[0]}") from error


def _source(columns: tuple[Column, ...], files: list[str]) -> str:
    if not files:
        nulls = (f"NULL::{_TYPES[each.type]} AS {each.name}" for each in (*columns, *PARTITIONS))
        return f"SELECT {', '.join(nulls)} WHERE false"
    kinds = ", ".join(f"{each.name}: {_TYPES[each.type]}" for each in PARTITIONS)
    options = f"hive_partitioning = true, hive_types = {{{kinds}}}"
    return f"FROM read_parquet([{', '.join(map(_literal, files))}], {options})"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
