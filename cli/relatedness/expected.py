"""What a sheet says of two samples, beside what their fingerprints say.

A sheet's column `patient` names the person, and `family`, `father` and `mother`, where a sheet has
them, the relatives: parents by their patient or sample.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cli.relatedness.pairs import Kinship, Pair

_UNKNOWN = frozenset(
    {"", "0", "-9", ".", "na", "n/a", "unknown"}
)  # what sheets write for no parent


@dataclass(frozen=True, slots=True)
class Person:
    """What the sheet says of a sample; a patient without a name is the sample itself."""

    sample: str
    patient: str
    family: str
    parents: frozenset[str]

    @classmethod
    def of(cls, sample: str, tags: Mapping[str, str]) -> "Person":
        """Read the tags of a sample's run."""
        named = (tags.get(name, "").strip() for name in ("father", "mother"))
        return cls(
            sample,
            tags.get("patient", "").strip() or sample,
            tags.get("family", "").strip(),
            frozenset(parent for parent in named if parent.casefold() not in _UNKNOWN),
        )

    def is_parent_of(self, other: "Person") -> bool:
        """True if the sheet says so."""
        return bool({self.sample, self.patient} & other.parents)


def contradiction(pair: Pair, first: Person, second: Person) -> str:
    """In what the samples are not as the sheet says; empty if they are.

    A sheet need not know all relatives: within a family any relatives fit, and elsewhere those that
    are not closer than second-degree.
    """
    said, fitting = _statement(first, second)
    if pair.kinship in fitting:
        return ""
    measured = f"{first.sample} and {second.sample} are {pair.kinship} ({pair.relatedness:.2f})"
    return f"{measured}, but the sheet says {said}"


def _statement(first: Person, second: Person) -> tuple[str, frozenset[Kinship]]:
    """What the sheet says, and which kinships fit."""
    if first.patient == second.patient:
        return f"that both are patient {first.patient}", frozenset({Kinship.SAME})
    for one, other in ((first, second), (second, first)):
        if one.is_parent_of(other):
            said = f"that {one.sample} is a parent of {other.sample}"
            return said, frozenset({Kinship.FIRST})
    if first.parents & second.parents:
        return "that they have a parent in common", frozenset({Kinship.FIRST, Kinship.SECOND})
    said = f"that they are patients {first.patient} and {second.patient}"
    if first.family and first.family == second.family:
        return said, frozenset(Kinship) - {Kinship.SAME}
    return f"{said}, of no common family", frozenset({Kinship.SECOND, Kinship.NONE})


def is_expected(first: Person, second: Person) -> bool:
    """True if the sheet says that both are one person, parent and child, or siblings."""
    return (
        first.patient == second.patient
        or first.is_parent_of(second)
        or second.is_parent_of(first)
        or bool(first.parents & second.parents)
    )
