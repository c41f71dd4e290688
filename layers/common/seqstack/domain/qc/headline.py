"""A sample's quality in one line."""

from collections.abc import Iterator, Mapping

from seqstack.domain.qc.metrics import SEX, Values, numbers


def headline(metrics: Values) -> str:
    """Aligned reads, duplicates, depth, variants and sex, as far as they were measured."""
    sex = [f"sex {metrics[SEX]}"] if SEX in metrics else []
    return ", ".join([*_parts(numbers(metrics)), *sex])


def _parts(metrics: Mapping[str, float]) -> Iterator[str]:
    if "reads" in metrics:
        aligned = f", {metrics['alignedRate']:.1%} aligned" if "alignedRate" in metrics else ""
        yield f"{metrics['reads']:,.0f} reads{aligned}"
    if "duplicateRate" in metrics:
        yield f"{metrics['duplicateRate']:.1%} duplicates"
    if "meanTargetDepth" in metrics:
        yield f"targets {metrics['meanTargetDepth']:.1f}x"
    elif "meanDepth" in metrics:
        yield f"depth {metrics['meanDepth']:.1f}x"
    if "targetBasesAt20x" in metrics:
        yield f"{metrics['targetBasesAt20x']:.1%} of them at 20x"
    if "variants" in metrics:
        yield f"{metrics['variants']:,.0f} variants"
