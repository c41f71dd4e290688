"""snpEff's own options in `--cmd_args`: find the genome's name, and drop ignored options."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobkit.errors import UsageError
from seqstack.tools.snpeff import SNPEFF, database_named

# -t asked for threads until snpEff 4.3; 5.x has one thread, and refuses the option. It also turned
# off the summary, as -noStats does; here the summary is an output and is always written.
_DROPPED = frozenset(("-t", "-noStats"))


@dataclass(frozen=True, slots=True)
class SnpEffArguments:
    """`genome`: the database's name if one was given; `dropped`: ignored options."""

    genome: str | None
    options: tuple[str, ...]
    dropped: tuple[str, ...]


def parse_arguments(words: Sequence[str]) -> SnpEffArguments:
    """Separate the genome from the options: `-t hg38` gives the genome `hg38`.

    Raises:
        UsageError: an option that may not be given, or two genomes.
    """
    arguments, problems = SNPEFF.options.read(words)
    if problems:
        raise UsageError("; ".join(problems))
    named = [each for each in arguments if each.option]
    return SnpEffArguments(
        genome=database_named(words),
        options=tuple(w for each in named if each.option not in _DROPPED for w in each.words),
        dropped=tuple(each.option for each in named if each.option in _DROPPED),
    )
