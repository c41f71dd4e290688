"""The SQL of a query: one statement that only reads the cohort's tables.

It is Trino's, which Athena runs, and is translated for DuckDB.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from sqlglot import exp, parse
from sqlglot.errors import ErrorLevel, SqlglotError

from cli.errors import usage
from cli.query.differences import as_trino_answers, with_doubles
from seqstack.domain.variant_tables import TABLES

_NAMES = ", ".join(TABLES)
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)  # it raises what it warns of


@dataclass(frozen=True, slots=True)
class Statement:
    """A parsed query."""

    tree: exp.Query

    @classmethod
    def parse(cls, sql: str) -> Self:
        """Read a query.

        Raises:
            CliError: it is not SQL, not one statement, or does something besides reading tables.
        """
        try:
            found = [each for each in parse(sql, dialect="trino") if each is not None]
        except SqlglotError as error:
            raise usage(_first_line(error), "see docs/cohorts.md#query for examples") from error
        if len(found) != 1:
            raise usage(f"{len(found)} statements are given", "give one SELECT")
        (tree,) = found
        if not isinstance(tree, exp.Query) or any(
            tree.find_all(exp.Into, exp.Lock, exp.DDL, exp.DML)
        ):
            raise usage("only a SELECT can be run", "it can begin with WITH")
        own = {each.alias.lower() for each in tree.find_all(exp.CTE)}
        if hidden := sorted(own & TABLES.keys()):
            raise usage(f"WITH names {hidden[0]}, which is a table", "choose another name")
        for table in _tables(tree):
            if not isinstance(table.this, exp.Identifier) or table.db or table.catalog:
                raise usage(f"{table.sql()} is no table of a cohort", f"the tables are {_NAMES}")
            if table.name.lower() not in {*own, *TABLES}:
                raise usage(f"there is no table {table.name}", f"the tables are {_NAMES}")
        return cls(with_doubles(tree))

    def for_duckdb(self) -> str:
        """The query for DuckDB, whose views have the tables' names."""
        return self._sql(as_trino_answers(self.tree), "duckdb")

    def for_athena(self, database: str, names: Mapping[str, str]) -> str:
        """The query for Athena, where `names` has each table's name in `database`."""
        tree = self.tree.copy()
        for table in list(_tables(tree)):
            if whole := names.get(table.name.lower()):
                table.set("alias", table.args.get("alias") or exp.TableAlias(this=table.this))
                table.set("this", exp.to_identifier(whole, quoted=True))
                table.set("db", exp.to_identifier(database, quoted=True))
        return self._sql(tree, "athena")

    @staticmethod
    def _sql(tree: exp.Query, dialect: str) -> str:
        try:
            return tree.sql(dialect=dialect, unsupported_level=ErrorLevel.RAISE)
        except SqlglotError as error:
            raise usage(_first_line(error), "use SQL that both Trino and DuckDB have") from error


def _tables(tree: exp.Query) -> list[exp.Table]:
    return list(tree.find_all(exp.Table))


def _first_line(error: Exception) -> str:
    return f"this is not a query in SQL: {str(error).splitlines()[0]}"
