"""What is suspicious and not impossible: told wherever its step is shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from seqstack.domain.plain_text import harmless

INPUT = "input"
"""In place of a step's name, for what the look at a run's input found suspicious."""


@dataclass(frozen=True, slots=True)
class StepWarning:
    """Something suspicious: a name for programs, such as `fewReadsAligned`, and a sentence."""

    code: str
    message: str

    def as_document(self) -> dict[str, str]:
        """As JSON has it, in provenance, ledger and API."""
        return {"code": self.code, "message": self.message}

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """Read what `as_document` has made; the sentence is shown to people, so it is harmless."""
        return cls(str(document["code"]), harmless(str(document["message"])))


def parse_warnings(documents: Iterable[Mapping[str, Any]]) -> tuple[StepWarning, ...]:
    """Read a list of warnings."""
    return tuple(map(StepWarning.parse, documents))


def listed(warnings: Iterable[StepWarning]) -> str:
    """Warnings as the cause of a failure: one a line."""
    return "\n".join(f"{each.code}: {each.message}" for each in warnings)
