"""No part of the product writes to a terminal but by the few places that make text harmless."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = (
    *("cli", "demo", "emulator", "scripts", "containers", "layers", "functions"),
    "tests/harness",
)

# What writes to a terminal, or reads markup, and the files that may do it: each for its reason.
WAYS = {
    "print": set(),
    "echo": {"cli/output.py"},
    "secho": {"cli/output.py"},
    "Console": set(),
    "HarmlessConsole": {
        "cli/screen/progress.py",
        "emulator/__main__.py",
        "tests/harness/chaos/__main__.py",
        "scripts/first_hour.py",
        "scripts/smoke_run.py",
    },
    "from_markup": set(),
    "render_markup": set(),
    "print_json_line": {"cli/commands/logs.py", "cli/commands/ui.py", "cli/group.py"},
    "from_ansi": set(),
    "Status": set(),
    # one line of JSON, to its parent; names of our own files and tags, before anything is installed
    "stdout.write": {
        "containers/isaac/plain_names.py",
        "containers/isaac/scan_fastq.py",
        "scripts/image_contents.py",
    },
    # tools' versions, made one line each; a VCF, to the next program of a pipe
    "stdout.writelines": {
        "containers/jobkit/job.py",
        "containers/bcftools_merge/fill.py",
        "containers/freebayes/blocks.py",
    },
    "stderr.write": {"scripts/image_contents.py"},
    "stderr.writelines": set(),
    "json.dump": {"scripts/lint_policies.py"},  # JSON in ASCII, to its parent
    "StreamHandler": {"containers/jobkit/logs.py", "emulator/__main__.py"},
    "Formatter": set(),
    "launch": {"cli/commands/open_report.py", "cli/ui/opening.py"},
    "webbrowser.open": set(),
}


def sources() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (ROOT / folder).rglob("*.py")


def called(node: ast.Call) -> set[str]:
    """The names by which a call can stand in WAYS: `write`, `stdout.write`."""
    parts = ast.unparse(node.func).split(".")
    names = {parts[-1], ".".join(parts[-2:])}
    return names - {"print"} if len(parts) > 1 else names  # a console's print is harmless


def ways_of(source: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from ((way, node.lineno) for way in sorted(called(node) & WAYS.keys()))
            for keyword in node.keywords:
                is_reading = ast.unparse(keyword.value) != "False"
                if keyword.arg in {"markup", "emoji", "highlight"} and is_reading:
                    yield f"{keyword.arg}=", node.lineno
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None) or ""
            for name in (module, *(each.name for each in node.names)):
                if name == "webbrowser" or (module == "rich" and name == "print"):
                    yield name, node.lineno


def test_nothing_writes_to_a_terminal_but_what_makes_text_harmless() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {way}"
        for path in sources()
        for way, line in ways_of(path.read_text())
        if str(path.relative_to(ROOT)) not in WAYS.get(way, set())
    ]

    assert found == []


def test_the_places_that_may_are_those_that_do() -> None:
    listed = {(way, file) for way, files in WAYS.items() for file in files}
    used = {
        (way, str(path.relative_to(ROOT)))
        for path in sources()
        for way, _ in ways_of(path.read_text())
    }

    assert listed - used == set()


@pytest.mark.parametrize(
    "source",
    [
        "print(answer)",
        "typer.echo(answer)",
        "click.secho(answer)",
        "Console().print(answer)",
        "rich.console.Console(stderr=True)",
        "Text.from_markup(answer)",
        "sys.stdout.write(answer)",
        "console.print(answer, markup=True)",
        "console.print(answer, highlight=None)",
        "from rich import print",
        "import webbrowser",
        "logging.Formatter()",
    ],
)
def test_another_way_would_be_found(source: str) -> None:
    assert list(ways_of(source))
