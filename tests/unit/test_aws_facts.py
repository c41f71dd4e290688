"""docs/aws-facts.md against the code: every place and every test that it names exists."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/aws-facts.md"
ROW = re.compile(r"^\| (.+) \| (.+) \| (.+) \| (.+) \|$")
FIRST_HOUR = "`first hour`"


class Fact(NamedTuple):
    rule: str
    where: str
    source: str
    checked: str

    def broken(self) -> list[str]:
        """What the row names that does not exist."""
        missing = (
            []
            if re.search(r"https://docs\.aws\.amazon\.com/|`[^`]+`", self.source)
            else [f"no source: {self.source}"]
        )
        path, *words = re.findall(r"`([^`]+)`", self.where) or [self.where]
        if not (ROOT / path).is_file():
            missing.append(f"no file {path}")
        else:
            text = (ROOT / path).read_text()
            missing += [f"no {word} in {path}" for word in words if word not in text]
        if self.checked.startswith(FIRST_HOUR):  # test_first_hour.py has the names behind it
            return missing
        checks = re.findall(r"`([^`]+)`", self.checked)
        return missing + [check for check in checks or [self.checked] if not _exists(check)]


def _exists(check: str) -> bool:
    """Whether a test exists: `tests/unit/test_x.py::test_name`."""
    if f"`{check}`" == FIRST_HOUR:
        return True
    path, _, name = check.partition("::")
    return (ROOT / path).is_file() and f"def {name}(" in (ROOT / path).read_text()


def facts(text: str) -> dict[str, list[Fact]]:
    """The rows below each heading."""
    found = {}
    for section in text.split("\n## ")[1:]:
        heading, _, body = section.partition("\n")
        rows = [match.groups() for line in body.splitlines() if (match := ROW.match(line))]
        found[heading] = [Fact(*row) for row in rows[2:]]  # after the names and the rule
    return found


FACTS = facts(PAGE.read_text())


@pytest.mark.parametrize(
    "fact", [fact for rows in FACTS.values() for fact in rows], ids=lambda fact: fact.rule[:60]
)
def test_a_fact_names_places_and_tests_that_exist(fact):
    assert fact.broken() == []


def test_every_section_has_facts_and_every_line_of_a_table_is_one():
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]

    assert all(FACTS.values())
    assert sum(map(len, FACTS.values())) + 2 * len(FACTS) == len(lines)


@pytest.mark.parametrize(
    "fact",
    [
        Fact("a rule", "`template.yml`", "https://docs.aws.amazon.com/x", FIRST_HOUR),
        Fact(
            "a rule", "`template.yaml` `no such word`", "https://docs.aws.amazon.com/", FIRST_HOUR
        ),
        Fact("a rule", "`template.yaml`", "we know it", FIRST_HOUR),
        Fact(
            "a rule", "`template.yaml`", "`cfn-lint`", "`tests/unit/test_aws_facts.py::test_none`"
        ),
        Fact("a rule", "`template.yaml`", "`cfn-lint`", "by hand"),
    ],
)
def test_a_fact_without_place_source_or_test_is_refused(fact):
    assert fact.broken()
