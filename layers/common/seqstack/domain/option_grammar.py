"""Parse a tool's options, and refuse those that are not allowed.

The grammar lists allowed options. They must have their full names, because a tool that accepts
abbreviations, attached values or combined letters could otherwise read options that were not
checked.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

_SHOWN = 40  # characters of a refused word that a message quotes


class Refusal(StrEnum):
    """Why an option of the tool is not allowed."""

    SET_HERE = "the workflow sets it itself"
    NAMES_FILES = "it reads or writes files, and a job may only use the files in the run's input"


@dataclass(frozen=True, slots=True)
class Value:
    """The pattern of an option's value; `says` completes "takes …"."""

    pattern: str
    says: str

    def fits(self, text: str) -> bool:
        """True if the whole of `text` is such a value."""
        return re.fullmatch(self.pattern, text) is not None


@dataclass(frozen=True, slots=True)
class Argument:
    """One option with its value, from `words`, or a word that is not an option.

    `option` is "" for a word that is not an option, `value` None for an option without a value.
    """

    words: tuple[str, ...]
    option: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Grammar:
    """The allowed options of one tool.

    Attributes:
        title: the tool's name for users.
        options: each allowed option with its value; None for one without a value.
        refused: options of the tool that are not allowed.
        operand: the pattern of the one word that is not an option; None if none is allowed.
        has_letters: single letters may be combined and have attached values (getopt(3)).
    """

    title: str
    options: Mapping[str, Value | None]
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    operand: Value | None = None
    has_letters: bool = True

    def read(self, words: Sequence[str]) -> tuple[list[Argument], list[str]]:
        """The arguments that are allowed, and a message for each that is not."""
        arguments: list[Argument] = []
        problems: list[str] = []
        remaining = iter(words)
        for word in remaining:
            for option, glued, taken in self._options_of(word):
                try:
                    arguments.append(self._argument(option, glued, taken, remaining))
                except _RefusedError as error:
                    problems.append(str(error))
        operands = [argument.words[0] for argument in arguments if not argument.option]
        if len(operands) > 1 and self.operand:
            problems.append(f"{', '.join(operands)}: give {self.operand.says} once")
        return arguments, problems

    def _options_of(self, word: str) -> Iterator[tuple[str, str | None, str]]:
        """The options in a word, each with its attached value and its part of the word."""
        if not self.has_letters or not re.match(r"-[^-]", word):
            name, equals, value = word.partition("=")
            yield (name, value, word) if equals and name.startswith("-") else (word, None, word)
            return
        for at in range(1, len(word)):
            option, rest = f"-{word[at]}", word[at + 1 :]
            if self.options.get(option) is not None:
                yield option, rest or None, option + rest
                return
            yield option, None, option
            if option not in self.options:
                return  # report this letter, whatever follows

    def _argument(
        self, option: str, glued: str | None, taken: str, remaining: Iterator[str]
    ) -> Argument:
        if not re.match(r"-.", option):
            return self._operand(taken)
        if option in self.refused:
            raise _RefusedError(f"{option} may not be given: {self.refused[option]}; leave it out")
        if option not in self.options:
            raise _RefusedError(
                f"{_shown(option)} is not one of the allowed options of {self.title}: "
                f"{', '.join(self.options) or 'there is none'}"
            )
        value = self.options[option]
        if value is None:
            if glued is not None:
                raise _RefusedError(f"{option} takes no value, but has {_shown(glued)}")
            return Argument((taken,), option, None)
        text = next(remaining, None) if glued is None else glued
        if text is None or not value.fits(text):
            found = "nothing follows" if text is None else f"not {_shown(text)}"
            raise _RefusedError(f"{option} takes {value.says}, {found}")
        return Argument((taken,) if glued is not None else (taken, text), option, text)

    def _operand(self, word: str) -> Argument:
        if self.operand is None:
            raise _RefusedError(
                f"{_shown(word)} is not an option, and {self.title} accepts nothing else"
            )
        if not self.operand.fits(word):
            raise _RefusedError(f"{_shown(word)} is not {self.operand.says}")
        return Argument((word,), "", None)


class _RefusedError(ValueError):
    """An argument is not allowed; the message says why."""


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
