"""Where Trino and DuckDB would answer one query differently: pure.

Trino's functions: https://trino.io/docs/current/functions.html; those of DuckDB:
https://duckdb.org/docs/stable/sql/functions/overview. What both can't be made to agree on is
refused.
"""

import re
from collections.abc import Iterator

from sqlglot import exp

from cli.errors import usage

_NULL_FUNCTIONS = {exp.ArgMax: "ARG_MAX_NULL", exp.ArgMin: "ARG_MIN_NULL"}
_WHOLE = frozenset({exp.DType.TINYINT, exp.DType.SMALLINT, exp.DType.INT, exp.DType.BIGINT})
_REFUSED = {
    exp.ArraySlice: "slice",
    exp.ArrayMax: "array_max",
    exp.ArrayMin: "array_min",
    exp.ArrayPosition: "array_position",
}
_GROUP = re.compile(r"\$([0-9])(?![0-9])")


def with_doubles(tree: exp.Query) -> exp.Query:
    """The query with numbers such as `1.0` as doubles.

    In Trino they are decimals, whose quotients have no more places than they: `1.0 * 1 / 3` is 0.3.
    """
    found = tree.copy()
    for literal in list(found.find_all(exp.Literal)):
        if not literal.is_string and "." in literal.name and "e" not in literal.name.lower():
            literal.replace(exp.Literal.number(f"{literal.name}e0"))
    return found


def as_trino_answers(tree: exp.Query) -> exp.Query:
    """The query for DuckDB, with functions wrapped to answer as Trino's do.

    Raises:
        CliError: it has a function that DuckDB can't be made to answer so.
    """
    found = tree.copy()
    for function, name in _REFUSED.items():
        if found.find(function):
            raise _differs(name)
    inner_first = list(found.find_all(exp.Func))[::-1]
    for node in inner_first:
        if (other := _wrapped(node)) is not node:
            node.replace(other)
    for before, after in zip(tree.selects, found.selects, strict=True):
        if before != after and not isinstance(after, exp.Alias):  # the heading as it was
            heading = exp.to_identifier(before.sql("trino"), quoted=True)
            after.replace(exp.Alias(this=after.copy(), alias=heading))
    return found


def _wrapped(node: exp.Expr) -> exp.Expr:
    """The node, or what answers as it does in Trino."""
    match node:
        case exp.Cast() if node.to.this in _WHOLE:
            return _rounded(node)
        case exp.RegexpExtract():  # NULL, and not an empty text, where nothing fits
            fits = exp.RegexpLike(this=node.this.copy(), expression=node.expression.copy())
            return exp.Case(ifs=[exp.If(this=fits, true=node.copy())])
        case exp.SplitPart():  # NULL behind the last part
            text, delimiter, number = (
                node.args[name].copy() for name in ("this", "delimiter", "part_index")
            )
            parts = exp.ArraySize(this=exp.Split(this=text, expression=delimiter))
            there = exp.LTE(this=exp.paren(number), expression=parts)
            return exp.Case(ifs=[exp.If(this=there, true=node.copy())])
        case exp.ArgMax() | exp.ArgMin():  # of NULL, too
            given = [node.this.copy(), *(each.copy() for each in _others(node))]
            return exp.Anonymous(this=_NULL_FUNCTIONS[type(node)], expressions=given)
        case exp.RegexpReplace():
            return _replacing(node)
        case exp.ApproxQuantile():
            kind = exp.DataType.build("FLOAT")
            share = node.args["quantile"]
            share.replace(exp.Cast(this=share.copy(), to=kind))
        case exp.Substring() if node.args["start"].name == "0":
            raise _differs("substr from 0")
    return node


def _others(node: exp.ArgMax | exp.ArgMin) -> Iterator[exp.Expr]:
    yield node.expression
    if count := node.args.get("count"):
        yield count


def _rounded(node: exp.Cast) -> exp.Expr:
    """A half is rounded up; DuckDB rounds it to an even number."""
    of, kind = node.this, exp.Literal.string("DOUBLE")
    is_double = exp.EQ(this=exp.Typeof(this=of.copy()), expression=kind)
    half_up = exp.Round(this=exp.TryCast(this=of.copy(), to=exp.DataType.build("DOUBLE")))
    rounded = node.copy()
    rounded.set("this", half_up)
    return exp.Case(ifs=[exp.If(this=is_double, true=rounded)], default=node.copy())


def _replacing(node: exp.RegexpReplace) -> exp.Expr:
    """Groups are `$1` in Trino, and `\\1` in DuckDB."""
    replacement = node.args.get("replacement")
    if replacement is None:
        return node
    text = replacement.name
    left = _GROUP.sub("", text)
    if not isinstance(replacement, exp.Literal) or "$" in left or "\\" in left:
        raise _differs("regexp_replace with this replacement")
    replacement.replace(exp.Literal.string(_GROUP.sub(r"\\\1", text)))
    return node


def _differs(what: str) -> Exception:
    return usage(
        f"DuckDB answers {what} in another way than Athena",
        "use SQL that both Trino and DuckDB have",
    )
