r"""Digits and letters are ASCII wherever text from outside is judged.

In Python `\d` matches the digits of every script, and so does `str.isdecimal`; bwa, samtools and
AWS take none but 0 to 9.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("cli", "layers", "functions", "containers")
METHODS = {"isdigit", "isdecimal", "isnumeric", "isalnum", "isalpha"}
CLASSES = re.compile(r"(?<!\\)(\\\\)*\\[dDwW]")


def findings(source: str) -> Iterator[str]:
    """Every use of a class or method that Unicode widens; docstrings are prose."""
    tree = ast.parse(source)
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in METHODS:
            yield f"line {node.lineno}: str.{node.attr} takes digits of every script"
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in prose
            and CLASSES.search(node.value)
        ):
            yield f"line {node.lineno}: write [0-9] or [A-Za-z0-9_] in {node.value!r}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_pattern_takes_digits_or_letters_of_another_script(folder: str) -> None:
    sources = sorted((ROOT / folder).rglob("*.py"))
    found = [f"{path}: {each}" for path in sources for each in findings(path.read_text())]

    assert sources
    assert found == []


def test_no_schema_takes_digits_or_letters_of_another_script() -> None:
    schemas = sorted((ROOT / "layers").rglob("*.schema.json"))

    assert schemas
    assert [path for path in schemas if re.search(r"\\\\[dDwW]", path.read_text())] == []


@pytest.mark.parametrize("source", [r'A = r"\d"', r'A = rf"{B}\w"', "a.isdigit()"])
def test_what_is_looked_for_is_found(source: str) -> None:
    assert list(findings(source))
