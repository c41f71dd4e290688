"""The documentation against the code: names of errors, links, and the README's length."""

import re
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


@pytest.mark.parametrize("error", ENDS_A_RUN)
def test_every_error_that_ends_a_run_is_explained(error: type[Exception]) -> None:
    assert f"`{error.__name__}`" in (ROOT / "docs/errors.md").read_text()
