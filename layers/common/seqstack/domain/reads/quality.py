"""Detect the offset of qualities: 33, or 64 as in Illumina's before CASAVA 1.8 (and Solexa's)."""

from collections.abc import Iterable

# Solexa's -5 at offset 64 is `;`. At offset 33, that is 26.
_LEAST_AT_64 = 59
# At offset 33 this is 51: no sequencer has that as its best and 26 as its worst base; HiFi and
# nanopore reads, with values up to 93, have bad bases too. At offset 64 it is 20.
_GOOD_AT_64 = 84
# Artificial qualities are often one value: `~`, the maximum at offset 33.
_MOST = 126


def has_offset_64(qualities: Iterable[bytes]) -> bool:
    """True if the quality characters of many reads are only possible with offset 64.

    Cock et al. 2010, https://doi.org/10.1093/nar/gkp1137, has the ranges. Bad reads at offset 64
    look like good reads at offset 33, so a few reads are not enough.
    """
    seen = frozenset[int]().union(*qualities)
    if not seen or seen == {_MOST}:
        return False
    return min(seen) >= _LEAST_AT_64 and max(seen) >= _GOOD_AT_64
