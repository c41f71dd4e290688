"""Fill the paths of a prepared reference into a run's input that names it."""

from collections.abc import Mapping

from seqstack.domain.errors import Problem
from seqstack.domain.reference.named import (
    KEY,
    OF_READS,
    ReferenceName,
    reference_problems,
    with_reference,
)
from seqstack.use_cases.ports import References

_PATH = f"$.{KEY}"


def use_reference(
    document: object, references: References, *, has_reads: bool = True
) -> tuple[object, tuple[Problem, ...]]:
    """The input with paths, and what is wrong with the reference that it names.

    Without `has_reads`, the run aligns nothing, and calls no sample's variants.

    An input that names none, or names it as nobody can, is left to the check of its schema.
    """
    named = ReferenceName.parse(document.get(KEY)) if isinstance(document, Mapping) else None
    if named is None or not isinstance(document, Mapping):
        return document, ()
    try:
        manifest = references.find(named)
    except ValueError as error:
        return document, (Problem(_PATH, f"{named} can't be used: {error}"),)
    if manifest is None:
        return document, (Problem(_PATH, _unknown(named, references)),)
    if problems := tuple(reference_problems(document, manifest, has_reads=has_reads)):
        return document, problems
    filled = with_reference(document, manifest)
    if not has_reads:
        filled = {key: filled[key] for key in filled if key in document or key not in OF_READS}
    return filled, ()


def _unknown(named: ReferenceName, references: References) -> str:
    known = sorted({each.name for each in references.names()})
    there = f"there are {', '.join(known)}" if known else "there is none yet"
    return f"{named} is no prepared reference ({there}): prepare it by `seqstack reference prepare`"
