"""A cohort as one HTML file: what came out, and how the samples are spread."""

from collections.abc import Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element

from cli.cohort_report.sample_search import sample_search
from cli.cohort_report.samples import WATCHED, SampleResult
from cli.relatedness.collecting import Relations
from cli.shapes.cohorts import CohortDetail
from seqstack.domain.qc.gates import value_text
from seqstack.domain.qc.metrics import METRICS, numbers
from seqstack.domain.quantities import cost_text
from seqstack.report.html import Content, element, page, table

_BINS = 24
_HIGH, _WIDE = 60, 10  # of the tallest bar, and of each
_DIGITS = 4
_MOST_PAIRS = 500


def cohort_page(
    cohort: CohortDetail,
    samples: Sequence[SampleResult],
    odd: Mapping[str, Mapping[str, str]],
    relations: Relations,
) -> str:
    """The page; `odd` says by sample in which metrics it is far from the others."""
    done = sum(each.succeeded for each in samples)
    title = f"Cohort {cohort['cohortId']}"
    main = element(
        "main",
        element("h1", f"{title}: {done} of {len(samples)} samples succeeded"),
        element("p", _sentence(cohort, samples), class_="lead"),
        _joint(cohort),
        _failures(samples),
        _warnings(samples),
        _contradictions(relations),
        _odd(odd),
        _related(relations),
        _spreads(samples),
        sample_search(samples, odd),
    )
    footer = element("footer", f"Made by seqstack cohort report of {cohort['execution']}.")
    return page(title, main, footer)


def _joint(cohort: CohortDetail) -> Content:
    joint = cohort["plan"].get("joint") if cohort["plan"] else None
    if not joint:
        return None
    if joint["message"]:
        return element("p", joint["message"].capitalize() + ".")
    report, why = joint.get("report"), joint.get("reportMessage")
    return element(
        "div",
        element(
            "p",
            f"Joint VCF of {joint['samples']} samples, by run {joint['runId']}: ",
            element("code", joint["results"] or ""),
        ),
        element(
            "p",
            "MultiQC of the same samples: ",
            element("code", report),
            ", opened by ",
            element("code", f"seqstack open {joint['runId']} --qc"),
            " with the options that select this stack.",
        )
        if report
        else None,
        element("p", f"{why[:1].upper()}{why[1:]}.") if why else None,
    )


def _sentence(cohort: CohortDetail, samples: Sequence[SampleResult]) -> str:
    known = [each.usd for each in samples if each.usd is not None]
    each = f", {cost_text(sum(known) / len(known))} a sample" if known else ""
    planned = cohort["plan"]["samples"] if cohort["plan"] else 0
    waiting = f" {planned - len(samples)} have no run yet." if planned > len(samples) else ""
    state, left = cohort["state"].lower(), cohort["notStarted"]
    if cohort["budgetMetAt"] and left:
        waiting += f" The budget of {cost_text(cohort['budgetUsd'])} was met: {left} not started."
    return f"The cohort's state: {state}. Cost: {cost_text(cohort['costUsd'])}{each}.{waiting}"


def _failures(samples: Sequence[SampleResult]) -> Element | None:
    failed = [each for each in samples if each.cause]
    if not failed:
        return None
    rows: list[list[Content]] = [
        [each.sample, each.state, each.cause, element("code", each.run_id)] for each in failed
    ]
    return element(
        "section",
        element("h2", "What failed"),
        table("Samples without success", ["sample", "state", "cause", "run"], rows),
        class_="panel failure",
    )


def _warnings(samples: Sequence[SampleResult]) -> Element | None:
    rows: list[list[Content]] = [
        [each.sample, warning["code"], warning["message"]]
        for each in samples
        for warning in each.warnings
    ]
    if not rows:
        return None
    return element(
        "section",
        element("h2", "What is suspicious"),
        table("Warnings of the samples' steps", ["sample", "warning", "what"], rows),
        class_="panel warning",
    )


def _odd(odd: Mapping[str, Mapping[str, str]]) -> Element | None:
    if not odd:
        return None
    rows: list[list[Content]] = [
        [sample, name, what] for sample, metrics in odd.items() for name, what in metrics.items()
    ]
    return element(
        "section",
        element("h2", "What is unusual"),
        table("Samples far from the others", ["sample", "metric", "how"], rows),
        class_="panel warning",
    )


def _contradictions(relations: Relations) -> Element | None:
    said = [*relations.mixtures, *relations.contradictions]
    if not said:
        return None
    return element(
        "section",
        element("h2", "Who is somebody else"),
        element("ul", *(element("li", each) for each in said)),
        class_="panel failure",
    )


def _related(relations: Relations) -> Element | None:
    if not relations.compared:
        return None
    rows: list[list[Content]] = [
        [
            each.first,
            each.second,
            each.kinship.value,
            f"{each.relatedness:.2f}",
            f"{each.opposite:,} of {each.sites:,}",
        ]
        for each in relations.pairs[:_MOST_PAIRS]
    ]
    left = len(relations.pairs) - len(rows)
    said = f"Fingerprints of {relations.compared} samples were compared"
    if relations.without:
        said += f"; {len(relations.without)} samples have none"
    if relations.not_told:
        said += f". {relations.not_told}"
    if left:
        said += f". pairs.csv has {left:,} pairs more"
    head = ["sample", "and", "are", "relatedness", "sites without a common allele"]
    return element(
        "section",
        element("h2", "Who is related"),
        element("p", f"{said}."),
        table("Samples that are related", head, rows) if rows else None,
    )


def _spreads(samples: Sequence[SampleResult]) -> Element | None:
    drawn = [each for name in WATCHED if (each := _spread(name, samples)) is not None]
    if not drawn:
        return None
    return element(
        "section",
        element("h2", "How the samples are spread"),
        element("div", *drawn, class_="spreads"),
    )


def _spread(name: str, samples: Sequence[SampleResult]) -> Element | None:
    """A histogram, or None if the samples don't differ."""
    metric = METRICS[name]
    values = sorted(
        measured[name] for each in samples if name in (measured := numbers(each.metrics))
    )
    if len(values) < 2 or values[0] == values[-1]:
        return None
    low, high = values[0], values[-1]
    counts = [0] * _BINS
    for value in values:
        counts[min(_BINS - 1, int((value - low) / (high - low) * _BINS))] += 1
    ends = f"{value_text(metric, low, _DIGITS)} to {value_text(metric, high, _DIGITS)}"
    said = f"{metric.name}: {metric.meaning}, of {len(values)} samples from {ends}"
    drawing = element(
        "svg",
        *_bars(counts),
        viewBox=f"0 0 {_BINS * _WIDE} {_HIGH}",
        role="img",
        aria_label=said,
        width=str(_BINS * _WIDE),
        height=str(_HIGH),
    )
    return element("figure", element("figcaption", said), drawing)


def _bars(counts: Sequence[int]) -> Iterator[Element]:
    for n, count in enumerate(counts):
        if count:
            height = max(2, round(count / max(counts) * _HIGH))
            yield element(
                "rect",
                element("title", str(count)),
                x=str(n * _WIDE),
                y=str(_HIGH - height),
                width=str(_WIDE - 1),
                height=str(height),
                fill="currentColor",
            )
