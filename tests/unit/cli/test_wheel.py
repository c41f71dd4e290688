"""The command line is installed alone: what it needs of the stack's code lies in its wheel."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
LAYER = ROOT / "layers/common"
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
WHEEL = SETTINGS["tool"]["hatch"]["build"]["targets"]["wheel"]
OPTIONAL = SETTINGS["project"]["optional-dependencies"]["query"]
NEEDED = {
    *(name.partition(">")[0] for name in (*SETTINGS["project"]["dependencies"], *OPTIONAL)),
    "botocore",
}


def imports(path: Path) -> Iterator[str]:
    """The modules that a module imports as it is loaded or later."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (each.name for each in node.names)


def loaded() -> tuple[set[Path], set[str]]:
    """Our modules of the layer that the command line comes to load, and all that is not ours."""
    ours: set[Path] = set()
    others: set[str] = set()
    waiting = list((ROOT / "cli").rglob("*.py"))
    while waiting:
        for module in imports(waiting.pop()):
            package = module.partition(".")[0]
            path = LAYER / f"{module.replace('.', '/')}.py"
            if package != "seqstack":
                others.add(package)
            elif path.exists() and path not in ours:
                ours.add(path)
                waiting.append(path)
    return ours, others


def test_command_line_loads_nothing_of_the_layer_that_its_wheel_lacks() -> None:
    ours, _ = loaded()
    carried = [ROOT / each for each in WHEEL["only-include"]]

    assert WHEEL["sources"] == ["layers/common"]
    assert all(each.exists() for each in carried)
    assert ours
    assert [path for path in ours if not any(path.is_relative_to(each) for each in carried)] == []


def test_command_line_loads_only_packages_that_are_installed_with_it() -> None:
    _, others = loaded()

    assert others - sys.stdlib_module_names - NEEDED - {"cli"} == set()
