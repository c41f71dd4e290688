"""The contigs of a reference: which names and lengths the formats and the tools can carry."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

MOST_BASES = 2**29 - 1
"""Where BAI and tabix indexes end: SAM specification, 5.1.3."""
MOST_CHARACTERS = 254
"""Of a name: minimap2's index counts its characters, and an end, in one byte."""

# Reference sequence names: SAM specification, 1.2.1; VCF 4.3, 1.4.7, takes the same.
_FIRST, _OTHERS = r"[0-9A-Za-z!#$%&+./:;?@^_|~-]", r"[0-9A-Za-z!#$%&*+./:;=?@^_|~-]"
_NAME = re.compile(f"{_FIRST}{_OTHERS}*")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Contig:
    """A contig's name and its length in bases."""

    name: str
    length: int


def contig_problems(contigs: Sequence[Contig]) -> Iterator[str]:
    """Yield what is wrong with a reference's contigs, each with the hint; names are shown."""
    if not contigs:
        yield "there are no contigs in it: give a FASTA with '>name' lines and sequences"
        return
    for contig in _first(contigs, lambda contig: bool(name_problem(contig.name))):
        yield (
            f"contig {contig.name!r}: {name_problem(contig.name)}; rename it in the FASTA, and "
            "make the indexes anew"
        )
    times = Counter(contig.name for contig in contigs)
    for name in [name for name, count in times.items() if count > 1][:_SHOWN]:
        yield (
            f"contig {name!r} comes {times[name]} times: names must differ up to the first blank; "
            "rename or remove one, and make the indexes anew"
        )
    for contig in _first(contigs, lambda contig: contig.length == 0):
        yield f"contig {contig.name!r} has no bases: remove it, and make the indexes anew"
    for contig in _first(contigs, lambda contig: contig.length > MOST_BASES):
        yield (
            f"contig {contig.name!r} has {contig.length:,} bases, and the indexes of BAM and VCF "
            f"(BAI, tabix) end at {MOST_BASES:,}: split it into shorter contigs"
        )


def name_problem(name: str) -> str:
    """Why SAM, VCF or a tool can't carry a contig's name; empty if all can."""
    if not name:
        return "it has no name"
    if len(name) > MOST_CHARACTERS:
        return f"its name has {len(name)} characters, and {MOST_CHARACTERS} is the most"
    if name[0] in "*=":
        return f"SAM allows no name that begins with {name[0]!r}"
    if name[0] == "#":
        return "a line of VCF or BED that begins with '#' is a comment"
    if not _NAME.fullmatch(name):
        wrong = next(one for one in name if not re.fullmatch(_OTHERS, one))
        return f"its name holds {wrong!r}, which SAM and VCF can't carry"
    return ""


def _first(contigs: Iterable[Contig], is_wrong: Callable[[Contig], bool]) -> list[Contig]:
    return [contig for contig in contigs if is_wrong(contig)][:_SHOWN]
