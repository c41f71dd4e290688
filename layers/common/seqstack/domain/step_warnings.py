"""Warnings: suspicious but not impossible results, shown with their step."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from seqstack.domain.plain_text import harmless

INPUT = "input"
"""In place of a step's name, for warnings of the run's input."""


@dataclass(frozen=True, slots=True)
class StepWarning:
    """Something suspicious: a name for programs, such as `fewReadsAligned`, and a sentence."""

    code: str
    message: str

    def as_document(self) -> dict[str, str]:
        """As JSON, for provenance, ledger and API."""
        return {"code": self.code, "message": self.message}

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """Read the JSON of `as_document`; the sentence is made safe to display."""
        return cls(str(document["code"]), harmless(str(document["message"])))


def parse_warnings(documents: Iterable[Mapping[str, Any]]) -> tuple[StepWarning, ...]:
    """Read a list of warnings."""
    return tuple(map(StepWarning.parse, documents))


def listed(warnings: Iterable[StepWarning]) -> str:
    """Warnings as the cause of a failure, one on each line."""
    return "\n".join(f"{each.code}: {each.message}" for each in warnings)
