"""The accuracy of a sample's calls as a page in the look of its report."""

from collections.abc import Iterable, Mapping, Sequence
from xml.etree.ElementTree import Element

from cli.accuracy.matching import Compared
from cli.accuracy.measure import Question
from cli.accuracy.tallies import Rate, Stratum
from seqstack.domain.results import REPORT
from seqstack.report.html import Content, element, page, table

_MOST_LISTED = 200
_HEAD = ["stratum", "truth", "found", "other GT", "calls", "false", "recall", "precision", "F1"]


def accuracy_page(
    subject: str,
    question: Question,
    strata: Sequence[Stratum],
    wrong: Sequence[Compared],
    made_by: Mapping[str, str],
    *,
    with_report: bool,
) -> str:
    """The page; `wrong` are the alleles that don't match, `made_by` identifies the calls.

    With the run's report in the folder beside the page's, it links to that.
    """
    title = f"Accuracy of {subject}"
    main = element(
        "main",
        element("h1", title),
        element("p", _sentence(strata[0]), class_="lead"),
        element("dl", *_definitions(question, made_by)),
        element("p", element("a", "Report of the run", href=f"../{REPORT}"))
        if with_report
        else None,
        table("Recall and precision", _HEAD, [list(row_of(each)) for each in strata]),
        _differences(wrong),
    )
    footer = element(
        "footer",
        "Made by seqstack validate. In brackets: 95 % confidence intervals by Wilson's score. "
        "A call with another genotype (GT) than the truth's is neither found nor right.",
    )
    return page(title, main, footer)


def rate_text(rate: Rate) -> str:
    """A rate with its confidence interval."""
    if rate.value is None or rate.interval is None:
        return "-"
    low, high = rate.interval
    return f"{rate.value:.2%} ({low:.1%} to {high:.1%})"


def row_of(stratum: Stratum) -> list[str]:
    """The cells of a stratum, from its name to F1."""
    tally = stratum.tally
    return [
        stratum.name if stratum.by in ("all", "type") else f"{stratum.by} {stratum.name}",
        f"{tally.true:,}",
        f"{tally.found:,}",
        f"{tally.other_genotypes:,}",
        f"{tally.called:,}",
        f"{tally.called - tally.right:,}",
        rate_text(tally.recall),
        rate_text(tally.precision),
        "-" if tally.f1 is None else f"{tally.f1:.4f}",
    ]


def _sentence(every: Stratum) -> str:
    tally = every.tally
    return (
        f"{tally.found:,} of {tally.true:,} true alleles were found, and {tally.right:,} of "
        f"{tally.called:,} calls are right."
    )


def _definitions(question: Question, made_by: Mapping[str, str]) -> Iterable[Element]:
    facts = {
        "calls": question.calls.name,
        "truth": question.truth.name,
        "regions": f"{question.regions.bases:,} bases on {len(question.regions.contigs)} contigs",
        "reference": question.reference.name,
        **{name: value for name, value in made_by.items() if value},
    }
    for name, value in facts.items():
        yield element("dt", name)
        yield element("dd", value)


def _differences(wrong: Sequence[Compared]) -> Element | None:
    if not wrong:
        return None
    rows: list[list[Content]] = [
        [
            f"{each.contig}:{each.allele.pos:,}",
            f"{_short(each.allele.ref)} > {_short(each.allele.alt)}",
            each.verdict,
            "" if each.depth is None else f"{each.depth}x",
        ]
        for each in wrong[:_MOST_LISTED]
    ]
    listed = f"the first {_MOST_LISTED} of {len(wrong):,}" if wrong[_MOST_LISTED:] else "all"
    shown = table(f"Alleles, {listed}", ["place", "allele", "verdict", "depth"], rows)
    return element("section", element("h2", "What differs"), shown)


def _short(bases: str) -> str:
    return bases if len(bases) <= 20 else f"{bases[:16]}... ({len(bases)} bases)"
