"""The table of a Parquet file, as texts: by DuckDB, of the extra `query`."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

_ROWS = 10_000  # at a time
_OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


def parquet_columns(path: Path) -> dict[str, str]:
    """The types of a file's columns, by their names.

    Raises:
        ValueError: the file can't be read as Parquet.
    """
    with _opened(path) as connection:
        described = connection.execute("DESCRIBE bill").fetchall()
    return {name: kind for name, kind, *_ in described}


def parquet_rows(path: Path, is_wanted: Callable[[str], bool]) -> Iterator[Mapping[str, str]]:
    """The rows of a file, with the wanted columns only.

    Times are ISO 8601 in UTC, maps are JSON, and NULL is an empty text.

    Raises:
        ValueError: the file can't be read as Parquet.
    """
    wanted = {name: kind for name, kind in parquet_columns(path).items() if is_wanted(name)}
    texts = ", ".join(_text(name, kind) for name, kind in wanted.items())
    with _opened(path) as connection:
        found = connection.execute(f"FROM bill SELECT {texts}")
        while rows := found.fetchmany(_ROWS):
            for row in rows:
                yield {name: value or "" for name, value in zip(wanted, row, strict=True)}


@contextmanager
def _opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the file as the view `bill`."""
    with TemporaryDirectory() as folder, duckdb.connect(":memory:", config=_OFFLINE) as connection:
        # DuckDB would take `*`, `?` and `[` in a file's name for a pattern
        (link := Path(folder) / "bill.parquet").symlink_to(path.resolve())
        place = str(link).replace("'", "''")
        try:
            connection.execute(f"CREATE VIEW bill AS FROM read_parquet('{place}')")
            yield connection
        except duckdb.Error as error:
            raise ValueError(str(error).splitlines()[0].replace(str(link), str(path))) from error


def _text(name: str, kind: str) -> str:
    """SQL for a column's values as texts."""
    column = '"' + name.replace('"', '""') + '"'
    if kind.startswith(("TIMESTAMP", "DATE")):
        return f"strftime(make_timestamp(epoch_us({column})), '%Y-%m-%dT%H:%M:%S+00:00')"
    if kind.startswith(("MAP", "STRUCT")) or kind.endswith("]"):
        return f"to_json({column})::VARCHAR"
    return f"{column}::VARCHAR"
