"""What images are made of: the tree as it is, copied, and changed there."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

import image_modules
from image_modules import ContentsError, code
from scripts.image_contents import content_tag, recipe, stage
from seqstack.tools.registry import Tool

ROOT = Path(__file__).resolve().parents[3]
TOOLS = image_modules.tools(ROOT)
# Runs the entry point, and prints which modules of its folder that has imported.
IMPORTED = """
import runpy, sys
folder, sys.argv = sys.argv[1], ["run_tool.py", "--help"]
try:
    runpy.run_path(f"{folder}/run_tool.py", run_name="__main__")
except SystemExit:
    pass
files = {getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}
print("imported:", *sorted(file for file in files if file.startswith(folder)))
"""

# The programs of ours that run in a tool's own environment, by the tools' folders.
PROGRAMS = {"parquet": "parquet.tabulate"}
IMPORTED_BY_PROGRAM = """
import importlib, sys
importlib.import_module(sys.argv[2])
files = {getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}
print("imported:", *sorted(file for file in files if file.startswith(sys.argv[1])))
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What images could be made of, to be changed."""
    skipped = shutil.ignore_patterns("__pycache__")
    for folder in image_modules.MODULE_ROOTS:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=skipped)
    return tmp_path


def tags(tree: Path, variables: Mapping[str, str] | None = None) -> dict[str, str]:
    return {tool: content_tag(tree, tool, variables or {}) for tool in TOOLS}


@cache
def tags_of_the_original() -> dict[str, str]:
    return tags(ROOT)


def changed_by(tree: Path, path: str, text: str = "\n# changed\n") -> set[str]:
    """The tools whose tag differs from the original's once a file has more text."""
    before = tags_of_the_original()
    with (tree / path).open("a") as file:
        file.write(text)
    after = tags(tree)
    return {tool for tool in TOOLS if before[tool] != after[tool]}


def replaced(tree: Path, path: str, old: str, new: str) -> set[str]:
    """The tools whose tag differs from the original's after a replacement in a file."""
    before = tags_of_the_original()
    text = (tree / path).read_text()
    assert text.count(old) == 1
    (tree / path).write_text(text.replace(old, new))
    after = tags(tree)
    return {tool for tool in TOOLS if before[tool] != after[tool]}


def test_every_tool_of_the_registry_has_an_image() -> None:
    assert sorted(tool.definition.folder for tool in Tool) == TOOLS


def test_what_no_entry_point_imports_leaves_every_tag_alone(tree: Path) -> None:
    for path in (
        "layers/common/seqstack/domain/cost/prices.json",
        "layers/common/seqstack/domain/cost/table.py",
        "layers/common/seqstack/domain/input.schema.json",
        "layers/common/seqstack/domain/records.py",
        "layers/common/seqstack/domain/commands.py",
        "layers/common/seqstack/domain/words.py",
        "layers/common/seqstack/tools/registry.py",
        "layers/common/seqstack/workflows/definition.py",
        "layers/common/seqstack/workflows/secondary_analysis.py",
        "layers/common/seqstack/use_cases/validate_run.py",
        "containers/README.md",
        "containers/bwa/README.md",
    ):
        with (tree / path).open("a") as file:
            file.write("\n# changed\n")

    assert tags(tree) == tags_of_the_original()


@pytest.mark.parametrize(
    ("path", "those"),
    [
        ("containers/jobkit/job.py", set(TOOLS)),
        ("layers/common/seqstack/domain/s3uri.py", set(TOOLS)),
        ("layers/common/seqstack/domain/__init__.py", set(TOOLS)),
        ("containers/requirements.txt", set(TOOLS)),
        ("containers/bwa/commands.py", {"bwa"}),
        ("containers/bwa/run_bwa.py", {"bwa"}),
        ("layers/common/seqstack/tools/strelka.py", {"strelka"}),
        ("containers/isaac/scan_fastq.py", {"isaac"}),
    ],
)
def test_what_an_entry_point_imports_changes_its_tag_and_no_other(
    tree: Path, path: str, those: set[str]
) -> None:
    assert changed_by(tree, path) == those


@pytest.mark.parametrize(
    ("old", "new", "those"),
    [
        ("bwa=0.7.18-*", "bwa=0.7.19-*", {"bwa", "bwa_index"}),
        ("strelka=2.9.10=hdfd78af_2", "strelka=2.9.10=hdfd78af_3", {"strelka"}),
        (
            "FROM mambaorg/micromamba:1.5.8@",
            "FROM mambaorg/micromamba:2.0.0@",
            {"isaac", "isaac_index", "strelka"},
        ),
        ("FROM debian:trixie-slim@sha256:a", "FROM debian:trixie-slim@sha256:b", set(TOOLS)),
        ("python3-pip=25.*", "python3-pip=26.*", set(TOOLS)),
        ("# Java's package links", "# The package of Java links", set()),
    ],
)
def test_change_of_the_dockerfile_changes_the_tools_of_that_stage(
    tree: Path, old: str, new: str, those: set[str]
) -> None:
    assert replaced(tree, "containers/Dockerfile", old, new) == those


@pytest.mark.parametrize(
    "use", ["from bwa import more", "import bwa.more", 'COMMAND = ["python3", "-m", "bwa.more"]']
)
def test_module_that_comes_into_use_comes_into_the_image(tree: Path, use: str) -> None:
    (tree / "containers/bwa/more.py").write_text("MORE = 1\n")
    assert "bwa/more.py" not in code(tree, "bwa")

    assert changed_by(tree, "containers/bwa/commands.py", f"\n{use}\n") == {"bwa"}

    assert "bwa/more.py" in code(tree, "bwa")
    before = content_tag(tree, "bwa", {})
    assert changed_by(tree, "containers/bwa/more.py") == {"bwa"}
    assert content_tag(tree, "bwa", {}) != before


@pytest.mark.parametrize("variable", ["UNPINNED_BASE", "BUILD_ARGS"])
def test_what_else_changes_an_image_changes_its_tag(variable: str) -> None:
    plain, other = tags(ROOT), tags(ROOT, {variable: "debian:mine"})

    assert all(plain[tool] != other[tool] for tool in TOOLS)


def test_only_modules_beside_the_pins_may_import_a_tools_packages(tree: Path) -> None:
    pinned = "import pyarrow\n"
    (tree / "containers/jobkit/checks.py").write_text(pinned)

    with pytest.raises(ContentsError, match="imports pyarrow"):
        code(tree, "parquet")


def test_tag_is_one_that_ecr_takes() -> None:
    assert all(len(tag) == 32 and tag.startswith("content-") for tag in tags(ROOT).values())
    assert len(set(tags(ROOT).values())) == len(TOOLS)


@pytest.mark.parametrize("tool", TOOLS)
def test_image_holds_nothing_of_another_tool_and_no_table_of_all(tool: str) -> None:
    files = code(ROOT, tool)

    # a tool and what makes its index are made for each other
    related = {tool, f"{tool}_index", tool.removesuffix("_index"), "snpeff", "snpeff_database"}
    related = related if "snpeff" in tool else related - {"snpeff", "snpeff_database"}
    others = {f"{other}/" for other in TOOLS if other not in related}
    modules = {f"seqstack/tools/{other}.py" for other in TOOLS if other not in related}
    assert not [name for name in files if name.startswith(tuple(others))]
    assert not modules & files.keys()
    assert f"seqstack/tools/{tool}.py" in files
    for absent in ("tools/registry.py", "domain/records.py", "domain/run_input.py"):
        assert f"seqstack/{absent}" not in files
    assert {Path(name).suffix for name in files} == {".py"}


@pytest.mark.parametrize("tool", TOOLS)
def test_entry_point_runs_on_what_its_image_holds_and_leaves_nothing_unused(
    tmp_path: Path, tool: str
) -> None:
    stage(ROOT, tool, tmp_path, {})
    place = tmp_path / "seqstack"

    ran = subprocess.run(
        [sys.executable, "-S", "-B", "-c", IMPORTED, str(place)],
        env={"PYTHONPATH": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("usage: ")
    imported = ran.stdout.partition("imported: ")[2].split()
    if tool in PROGRAMS:
        python = ROOT / f".venv-{tool}/bin/python"
        printed = subprocess.check_output(
            [python, "-B", "-c", IMPORTED_BY_PROGRAM, place, PROGRAMS[tool]],
            env={"PYTHONPATH": str(place)},
            text=True,
        )
        imported += printed.partition("imported: ")[2].split()
    assert {str(Path(name).relative_to(place)) for name in imported} == (
        code(ROOT, tool).keys() - {"run_tool.py"}
    )


def test_build_context_is_the_same_whoever_makes_it(tmp_path: Path) -> None:
    stage(ROOT, "bwa", tmp_path / "one", {})
    before = os.umask(0o077)
    try:
        stage(ROOT, "bwa", tmp_path / "two", {})
    finally:
        os.umask(before)

    def seen(folder: Path) -> dict[str, tuple[int, float, bytes]]:
        return {
            str(path.relative_to(folder)): (
                path.stat().st_mode,
                path.stat().st_mtime,
                b"" if path.is_dir() else path.read_bytes(),
            )
            for path in (folder, *folder.rglob("*"))
        }

    assert seen(tmp_path / "one") == seen(tmp_path / "two")
    assert {"Dockerfile", "requirements.txt", "seqstack/bwa/commands.py"} <= seen(
        tmp_path / "one"
    ).keys()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import numpy\n", "imports numpy: images do not have it"),
        ("from seqstack.domain.absent import X\n", "seqstack.domain.absent: images do not have it"),
        ("from . import commands\n", "has a relative import"),
        ("from importlib.resources import files\n", "reads files beside it"),
        ("TABLE = __file__\n", "reads files beside it"),
    ],
)
def test_module_that_would_fail_in_the_image_is_refused(tree: Path, text: str, why: str) -> None:
    (tree / "containers/bwa/commands.py").write_text(text)

    with pytest.raises(ContentsError, match=rf"containers/bwa/commands.py .*{why}"):
        code(tree, "bwa")


@pytest.mark.parametrize(
    ("dockerfile", "why"),
    [
        ("FROM debian:1@sha256:0 AS base\n", "no target bwa"),
        ("FROM debian:1@sha256:0\n", "needs stages"),
        ("FROM --platform=linux/arm64 debian:1 AS bwa\n", "needs stages"),
        ("ARG BASE\nFROM debian:1 AS bwa\n", "needs stages"),
    ],
)
def test_dockerfile_that_is_not_understood_is_refused(dockerfile: str, why: str) -> None:
    with pytest.raises(ContentsError, match=why):
        recipe(dockerfile, "bwa")


def test_recipe_has_the_stages_that_a_target_needs_in_their_order() -> None:
    dockerfile = """
# all
FROM debian:1 AS base
# a comment
RUN first
FROM base AS other
RUN nothing
FROM base AS made
RUN \\
 # within
    made
FROM base AS bwa
COPY --from=made /a /b
"""
    wanted = """FROM debian:2 AS base
RUN first
FROM base AS made
RUN \\
    made
FROM base AS bwa
COPY --from=made /a /b
"""
    assert recipe(dockerfile, "bwa", "debian:2") == wanted


def test_tool_that_is_not_there_is_refused() -> None:
    with pytest.raises(ContentsError, match=r"no containers/nosuch/run_nosuch\.py"):
        code(ROOT, "nosuch")
