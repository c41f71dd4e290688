"""Which offset qualities have: 33, or 64 as Illumina's before CASAVA 1.8 (and Solexa's before)."""

from collections.abc import Iterable

# Solexa's -5 at offset 64 is `;`. At offset 33, that is 26.
_LEAST_AT_64 = 59
# At offset 33 this is 51: no sequencer whose worst base is 26 gives that; HiFi and nanopore reads,
# which go to 93, have bad bases too. At offset 64 it is 20.
_GOOD_AT_64 = 84
# Made-up qualities are often one value: `~` for the most that there is, at offset 33.
_MOST = 126


def has_offset_64(qualities: Iterable[bytes]) -> bool:
    """True if the characters of many reads' qualities can only be of offset 64.

    Cock et al. 2010, https://doi.org/10.1093/nar/gkp1137, has the ranges. Reads of which all are
    bad at offset 64 look like reads that are good at offset 33: a few reads can deceive.
    """
    seen = frozenset[int]().union(*qualities)
    if not seen or seen == {_MOST}:
        return False
    return min(seen) >= _LEAST_AT_64 and max(seen) >= _GOOD_AT_64
