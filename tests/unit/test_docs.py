"""The documentation against the code: names of errors, links, and the README's length."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from seqstack.domain import errors

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *ROOT.glob("containers/**/*.md")]
)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
ENDS_A_RUN = (
    *errors.JobError.__subclasses__(),
    errors.InvalidInputError,
    errors.ResultsInUseError,
    errors.SubmissionRejectedError,
)


def _anchors(page: Path) -> set[str]:
    """What GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _broken(page: Path) -> Iterator[str]:
    for path, anchor in LINK.findall(page.read_text()):
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            yield f"{path}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    assert list(_broken(page)) == []


def test_readme_has_at_most_900_words() -> None:
    assert len((ROOT / "README.md").read_text().split()) <= 900


def test_documented_downloads_have_a_folder_of_their_own_for_each_run() -> None:
    """`download` makes no folder for the sample."""
    said = "".join(page.read_text() for page in PAGES)

    folders = re.findall(r"seqstack download \S+ ([\w/]+)", said)

    assert len(folders) >= 5
    assert set(folders) <= {"results/NA12878", "NA12878", "joint", "FOLDER"}


@pytest.mark.parametrize("metrics", ["targets", "genome"])
def test_documented_command_prints_the_columns_that_answer_the_questions(
    tmp_path: Path, metrics: str
) -> None:
    said = (ROOT / "docs/qc.md").read_text()
    columns, commands = re.findall(
        r"\| question \| column of `coverage_metrics.txt` \|\n(.*?)\n\n```\n(.*?)```",
        said,
        re.DOTALL,
    )[0]
    *of_targets, without = columns.splitlines()
    named = re.findall(r"`([A-Z0-9_]+)`", "".join(of_targets) if metrics == "targets" else without)
    others = ["BAIT_SET", "GENOME_SIZE"]
    rows = [[*others, *named], ["x", "", *(str(n) for n in range(len(named)))]]
    text = "".join("\t".join(row) + "\n" for row in rows)
    (tmp_path / "coverage_metrics.txt").write_text(
        f"# x\n## METRICS CLASS\tx\n{text}\n## H\n1\t2\n"
    )
    (command,) = re.findall(r"^awk .*?$(?<!\\)", commands, re.DOTALL | re.MULTILINE)

    ended = subprocess.run(
        ["/bin/sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert len(named) >= 4
    assert ended.stdout.splitlines() == [f"{name} {n}" for n, name in enumerate(named)]


@pytest.mark.parametrize("error", ENDS_A_RUN)
def test_every_error_that_ends_a_run_is_explained(error: type[Exception]) -> None:
    assert f"`{error.__name__}`" in (ROOT / "docs/errors.md").read_text()
