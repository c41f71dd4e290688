"""The pages that commands write, in a browser: axe finds nothing, and the table sorts."""

from pathlib import Path
from typing import Any

import pytest

from cli.accuracy.alleles import Allele
from cli.accuracy.files import accuracy_of, write_files
from cli.accuracy.matching import Compared, Outcome
from cli.accuracy.measure import Question
from cli.accuracy.regions import Regions
from cli.cohort_report.page import cohort_page
from cli.cohort_report.samples import SampleResult, outliers
from cli.relatedness.collecting import Relations
from cli.relatedness.pairs import Pair
from tests.e2e.test_report_page import audited

pytestmark = pytest.mark.long

COHORT: Any = {
    "cohortId": "trios",
    "execution": "trios-1",
    "state": "FAILED",
    "costUsd": 0.5,
    "plan": None,
    "notStarted": 0,
    "budgetMetAt": None,
}
DEPTHS = {"b": 100.0, "a": 9.0, "c": 90.0, "d": 95.0, "e": 97.0, "f": None}


def cohort() -> str:
    samples = [
        SampleResult(
            name,
            f"run-{name}",
            "SUCCEEDED" if depth else "FAILED",
            "" if depth else "BadDataError: R1 ends early",
            {"meanTargetDepth": depth} if depth else {},
            (),
            60,
            0.1,
            "s3://b/r/",
        )
        for name, depth in DEPTHS.items()
    ]
    pair = Pair("a", "b", 0.98, 3, 9000)
    relations = Relations(2, ["c"], [pair], ["a and b are the same person"])
    return cohort_page(COHORT, samples, outliers(samples), relations)


def accuracy(folder: Path) -> str:
    bed = folder / "some.bed"
    bed.write_text("c\t0\t100\n")
    calls, truth = (folder / name for name in ("calls.vcf", "truth.vcf"))
    calls.write_text("##fileformat=VCFv4.2\n")
    question = Question(calls, truth, Regions.of_bed(bed), folder / "genome.fa")
    compared = [
        Compared("c", Allele(1, "A", "C"), is_true, outcome, 30)
        for is_true in (True, False)
        for outcome in Outcome
    ]
    *_, page = write_files(accuracy_of("NA12878", question, compared), folder)
    return page.read_text()


@pytest.mark.parametrize(
    "options", [(), ("--blink-settings=preferredColorScheme=0",)], ids=["light", "dark"]
)
@pytest.mark.parametrize("kind", ["cohort", "accuracy"])
def test_axe_finds_nothing(kind: str, options: tuple[str, ...], tmp_path: Path) -> None:
    page = cohort() if kind == "cohort" else accuracy(tmp_path)
    said = audited(page, tmp_path, *options)
    assert said["violations"] == []
    assert said["passed"] > 10


def test_table_is_sorted_by_numbers_and_searched(tmp_path: Path) -> None:
    script = """
      const names = () => [...document.querySelectorAll('#samples tbody tr')]
        .filter(row => !row.hidden).map(row => row.cells[0].textContent).join('');
      const said = [names()];
      document.querySelectorAll('#samples thead button')[2].click(); said.push(names());
      document.querySelectorAll('#samples thead button')[2].click(); said.push(names());
      document.querySelectorAll('#samples thead button')[0].click(); said.push(names());
      const search = document.querySelector('#search');
      search.value = 'RUN-C'; search.dispatchEvent(new Event('input')); said.push(names());
      document.body.textContent =
        'AXE' + JSON.stringify({said: said, violations: [], passed: 0}) + 'END';
    """
    said = audited(cohort(), tmp_path, script=script)
    assert said["said"] == ["bacdef", "facdeb", "bedcaf", "abcdef", "c"]
