"""Find control and invisible characters in the keys and values of a run's input."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from seqstack.domain.errors import Problem
from seqstack.domain.plain_text import one_line, refusal

type Place = tuple[str | int, ...]

_PLAIN_KEY = re.compile("[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class RefusedText:
    """A text with such a character: the path of a value, or of an entry by its key."""

    place: Place
    why: str

    @property
    def problem(self) -> Problem:
        """The problem, with its JSON path."""
        path = "$"
        for key in self.place:
            path = f"{path}[{key}]" if isinstance(key, int) else child_path(path, key)
        return Problem(path, self.why)

    def leave_out(self, document: Any) -> None:
        """Remove it from a document; an item of a list becomes None."""
        if not self.place:
            return
        above, last = self.place[:-1], self.place[-1]
        holder = document
        for key in above:
            try:
                holder = holder[key]
            except (LookupError, TypeError):
                return
        if isinstance(holder, list):
            holder[int(last)] = None
        elif isinstance(holder, dict):
            holder.pop(last, None)


def refused_texts(document: object) -> Iterator[RefusedText]:
    """Find every value and key with such a character."""
    waiting: list[tuple[Place, object]] = [((), document)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, dict):
            for key, each in value.items():
                if why := refusal(key):
                    yield RefusedText((*place, key), f"the key {why}")
                waiting.append(((*place, key), each))
        elif isinstance(value, list):
            waiting += [((*place, number), each) for number, each in enumerate(value)]
        elif isinstance(value, str) and (why := refusal(value)):
            yield RefusedText(place, why)


def child_path(path: str, key: str) -> str:
    """The JSON path of an entry."""
    return f"{path}.{key}" if _PLAIN_KEY.fullmatch(key) else f"{path}[{one_line(key)!r}]"
