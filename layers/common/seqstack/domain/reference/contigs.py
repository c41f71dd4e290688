"""The contigs of a reference: names and lengths that formats and tools support."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

MOST_BASES = 2**29 - 1
"""The limit of BAI and tabix indexes: SAM specification, 5.1.3."""
MOST_CHARACTERS = 254
"""The longest name: minimap2's index stores the length, with a final NUL, in one byte."""

# Reference sequence names: SAM specification, 1.2.1; VCF 4.3, 1.4.7, has the same rule.
_FIRST, _OTHERS = r"[0-9A-Za-z!#$%&+./:;?@^_|~-]", r"[0-9A-Za-z!#$%&*+./:;=?@^_|~-]"
_NAME = re.compile(f"{_FIRST}{_OTHERS}*")
_SHOWN = 5
_CONTIG_ID = re.compile(r"##contig=<(?:.*,)?ID=([^,>]+)")
_CONTIG_LENGTH = re.compile(r"##contig=<.*\blength=([0-9]+)")


@dataclass(frozen=True, slots=True)
class Contig:
    """A contig's name and its length in bases."""

    name: str
    length: int


def contig_problems(contigs: Sequence[Contig]) -> Iterator[str]:
    """Yield problems of a reference's contigs, with hints; names are safe to display."""
    if not contigs:
        yield "it has no contigs: give a FASTA with '>name' lines and sequences"
        return
    for contig in _first(contigs, lambda contig: bool(name_problem(contig.name))):
        yield (
            f"contig {contig.name!r}: {name_problem(contig.name)}; rename it in the FASTA, and "
            f"index it again"
        )
    times = Counter(contig.name for contig in contigs)
    for name in [name for name, count in times.items() if count > 1][:_SHOWN]:
        yield (
            f"contig {name!r} occurs {times[name]} times: names must differ up to the first blank; "
            "rename or remove one, and index it again"
        )
    for contig in _first(contigs, lambda contig: contig.length == 0):
        yield f"contig {contig.name!r} has no bases: remove it, and index the FASTA again"
    for contig in _first(contigs, lambda contig: contig.length > MOST_BASES):
        yield (
            f"contig {contig.name!r} has {contig.length:,} bases, and the indexes of BAM and VCF "
            f"(BAI, tabix) end at {MOST_BASES:,}: split it into shorter contigs"
        )


def name_problem(name: str) -> str:
    """Why SAM, VCF or a tool does not support a contig's name; empty if all do."""
    if not name:
        return "it has no name"
    if len(name) > MOST_CHARACTERS:
        return f"its name has {len(name)} characters, and at most {MOST_CHARACTERS} are allowed"
    if name[0] in "*=":
        return f"SAM allows no name that begins with {name[0]!r}"
    if name[0] == "#":
        return "a line of VCF or BED that begins with '#' is a comment"
    if not _NAME.fullmatch(name):
        wrong = next(one for one in name if not re.fullmatch(_OTHERS, one))
        return f"its name contains {wrong!r}, which SAM and VCF do not allow"
    return ""


def contigs_of_vcf(header: Iterable[str]) -> list[Contig]:
    """The contigs in the header of a VCF; none if one of them has no length."""
    contigs: list[Contig] = []
    for line in header:
        if line.startswith("##contig="):
            name, length = _CONTIG_ID.match(line), _CONTIG_LENGTH.match(line)
            if name is None or length is None:
                return []
            contigs.append(Contig(name[1], int(length[1])))
    return contigs


def _first(contigs: Iterable[Contig], is_wrong: Callable[[Contig], bool]) -> list[Contig]:
    return [contig for contig in contigs if is_wrong(contig)][:_SHOWN]
