"""snpEff's own options in `--cmd_args`: which word names the genome, and which words are ours."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobkit.errors import UsageError
from jobkit.options import reject_options

# `snpEff ann -h` of 5.1d and 5.2f: options that take the next word as their value.
_WITH_VALUE = frozenset(
    (
        *("-chr", "-csvStats", "-fi", "-filterInterval", "-no", "-cancerSamples", "-fastaProt"),
        *("-configOption", "-canonList", "-interval", "-maxTSL", "-onlyTr", "-reg"),
        *("-ss", "-spliceSiteSize", "-spliceRegionExonSize", "-spliceRegionIntronMin"),
        *("-spliceRegionIntronMax", "-ud", "-upDownStreamLen"),
    )
)
_OWNED = (
    *("-c", "-config", "-dataDir", "-s", "-stats", "-htmlStats", "-i", "-o", "-fileList"),
    *("-download", "-nodownload", "-noLog", "-h", "-help", "-version"),
)
# -t asked for threads until snpEff 4.3; 5.x has one thread, and refuses the option. It also turned
# the summary off, as -noStats does; here the summary is a result and is always written.
_DROPPED = frozenset(("-t", "-noStats"))


@dataclass(frozen=True, slots=True)
class SnpEffArguments:
    """`genome`: the database's name if one was given; `dropped`: words that mean nothing here."""

    genome: str | None
    options: tuple[str, ...]
    dropped: tuple[str, ...]


def parse_arguments(words: Sequence[str]) -> SnpEffArguments:
    """Tell the genome from the options: `-t hg38` gives the genome `hg38`.

    Raises:
        UsageError: an option that the entry point sets, or two genomes.
    """
    reject_options(words, _OWNED, "snpEff")
    genomes: list[str] = []
    options: list[str] = []
    dropped: list[str] = []
    remaining = iter(words)
    for word in remaining:
        if word in _DROPPED:
            dropped.append(word)
        elif word in _WITH_VALUE:
            options += [word, *([value] if (value := next(remaining, None)) is not None else [])]
        elif word.startswith("-"):
            options.append(word)
        else:
            genomes.append(word)
    if len(genomes) > 1:
        raise UsageError(f"--cmd_args names more than one snpEff genome: {', '.join(genomes)}")
    return SnpEffArguments(genomes[0] if genomes else None, tuple(options), tuple(dropped))
