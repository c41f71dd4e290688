"""The command line is installed alone: what it needs of the stack's code lies in its wheel."""

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_command_line_imports_nothing_of_ours_that_its_wheel_lacks() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]
    carried = {each.removeprefix("layers/common/") for each in wheel["only-include"]}
    sources = [*(ROOT / "cli").rglob("*.py"), *(ROOT / each for each in wheel["only-include"][1:])]

    imported = {
        f"{node.module.replace('.', '/')}.py"
        for path in sources
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("seqstack")
    }

    assert wheel["sources"] == ["layers/common"]
    assert imported == {"seqstack/domain/plain_text.py"}
    assert imported <= carried
    assert all((ROOT / each).exists() for each in wheel["only-include"])
