"""The files of a comparison: figures for programs, a page for people, and what differs."""

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cli.accuracy.kept import FIGURES, PAGE
from cli.accuracy.matching import Compared, Outcome
from cli.accuracy.measure import Question
from cli.accuracy.page import accuracy_page
from cli.accuracy.tallies import Rate, Stratum, strata
from cli.errors import writing
from seqstack.domain.results import REPORT

DIFFERENCES = "differences.tsv"


@dataclass(frozen=True, slots=True)
class Accuracy:
    """A comparison, ready to be shown and written.

    Attributes:
        subject: the run or folder whose calls they are.
        question: what was compared with what.
        strata: counts, of all alleles first.
        wrong: the alleles that don't match.
        calls_sha256: of the file with the calls.
        run_id: the run that has made them; empty if that is not known.
    """

    subject: str
    question: Question
    strata: Sequence[Stratum]
    wrong: Sequence[Compared]
    calls_sha256: str
    run_id: str

    @property
    def document(self) -> dict[str, Any]:
        """The figures as JSON. Rates are of one; null where there is nothing to count."""
        return {
            "formatVersion": 1,
            "seqstackVersion": version("seqstack"),
            "subject": self.subject,
            "runId": self.run_id or None,
            "calls": self.question.calls.name,
            "callsSha256": self.calls_sha256,
            "truth": self.question.truth.name,
            "reference": self.question.reference.name,
            "regionBases": self.question.regions.bases,
            "strata": [_figures(each) for each in self.strata],
        }


def accuracy_of(
    subject: str, question: Question, compared: Sequence[Compared], run_id: str = ""
) -> Accuracy:
    """Count what was compared."""
    wrong = [
        each
        for each in compared
        if each.outcome is Outcome.UNMATCHED
        or (each.outcome is Outcome.OTHER_GENOTYPE and each.is_true)  # once
    ]
    with question.calls.open("rb") as calls:
        sha256 = hashlib.file_digest(calls, "sha256").hexdigest()
    return Accuracy(subject, question, strata(compared, question.strata), wrong, sha256, run_id)


def write_files(accuracy: Accuracy, folder: Path) -> list[Path]:
    """Write the figures, the differences and the page; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    figures, differences, page = (folder / name for name in (FIGURES, DIFFERENCES, PAGE))
    with writing(figures):
        figures.write_text(json.dumps(accuracy.document, indent=2) + "\n", encoding="utf-8")
    with writing(differences), differences.open("w", encoding="utf-8", newline="") as lines:
        table = csv.writer(lines, delimiter="\t", lineterminator="\n")
        table.writerow(["contig", "pos", "ref", "alt", "of", "verdict", "depth"])
        for each in accuracy.wrong:
            of = "truth" if each.is_true else "calls"
            depth = "" if each.depth is None else each.depth
            table.writerow([each.contig, *each.allele, of, each.verdict, depth])
    text = page_text(accuracy, with_report=(folder.parent / REPORT).is_file())
    with writing(page):
        page.write_text(text, encoding="utf-8")
    return [figures, differences, page]


def page_text(accuracy: Accuracy, *, with_report: bool) -> str:
    """The page; `with_report` links to the run's report, as both lie in a folder of results."""
    shown = (accuracy.subject, accuracy.question, accuracy.strata, accuracy.wrong)
    made_by = {"SHA-256 of the calls": accuracy.calls_sha256, "run": accuracy.run_id}
    return accuracy_page(*shown, made_by, with_report=with_report)


def _figures(stratum: Stratum) -> dict[str, Any]:
    tally = stratum.tally
    return {
        "by": stratum.by,
        "name": stratum.name,
        "truth": tally.true,
        "found": tally.found,
        "otherGenotype": tally.other_genotypes,
        "calls": tally.called,
        "falseCalls": tally.called - tally.right,
        "recall": _rate(tally.recall),
        "precision": _rate(tally.precision),
        "f1": tally.f1,
    }


def _rate(rate: Rate) -> dict[str, Any]:
    return {"value": rate.value, "interval95": rate.interval}
