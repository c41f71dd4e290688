"""A sample's fingerprint: its genotypes at common sites, of the run's `qc/fingerprint.vcf.gz`."""

import gzip
import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cli.errors import CliError, ExitCode
from seqstack.domain.reads.packing import BGZF_END
from seqstack.domain.reference.naming import is_sex_chromosome
from seqstack.domain.reference.organelles import is_mitochondrial_name

LEAST_DEPTH = 7
"""Reads that a genotype needs: with fewer, a heterozygous site easily looks homozygous (somalier's
default)."""

DEEP = 20
"""Reads that a site needs to tell how uneven its alleles are."""
LEAST_DEEP = 200
"""Such sites that a sample needs."""
_UNEVEN = (0.05, 0.3)
"""Shares of the rarer allele that one person's reads seldom have: above errors, below a half."""

_CHROM, _POS, _REF, _ALT, _FORMAT, _SAMPLE = 0, 1, 3, 4, 8, 9
_COLUMNS = 10


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Genotypes at sites; bit n of each number is that of site n.

    Attributes:
        sites: a checksum of the sites' places and alleles.
        heterozygous: sites with both alleles.
        reference: sites with the reference's allele only.
        alternate: sites with the other allele only.
        deep: how many sites have `DEEP` reads or more.
        uneven: how many of these have the rarer allele in a share of reads within `_UNEVEN`.
    """

    sites: str
    heterozygous: int
    reference: int
    alternate: int
    deep: int = 0
    uneven: int = 0

    @property
    def uneven_share(self) -> float | None:
        """The share of deep sites that are uneven; None if there are fewer than `LEAST_DEEP`."""
        return self.uneven / self.deep if self.deep >= LEAST_DEEP else None

    @property
    def known(self) -> int:
        """Sites with a genotype."""
        return self.heterozygous | self.reference | self.alternate


def read_fingerprint(content: bytes, name: str) -> Fingerprint:
    """Read a VCF of one sample, packed by bgzip.

    A site without reads, with too few, or with another allele has no genotype. Nor has one on X, Y
    or a mitochondrion, which relatives do not share as they share autosomes: a son has no X of his
    father's.

    Raises:
        CliError: it can't be read; the error has `name`.
    """
    if not content.endswith(BGZF_END):
        raise _broken(name, "its end is missing")
    try:
        text = gzip.decompress(content).decode()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise _broken(name, str(error)) from error
    checksum = hashlib.sha256()
    kinds: dict[str, list[int]] = {"01": [], "00": [], "11": []}
    rarer: list[float] = []
    for n, columns in enumerate(_records(text, name)):
        site = (columns[_CHROM], columns[_POS], columns[_REF], columns[_ALT])
        checksum.update("\t".join(site).encode() + b"\n")
        if is_sex_chromosome(site[0]) or is_mitochondrial_name(site[0]):
            continue
        # A VCF may leave out values at the end.
        values = dict(zip(columns[_FORMAT].split(":"), columns[_SAMPLE].split(":"), strict=False))
        depths = _depths(values)
        if (genotype := _genotype(values, depths)) in kinds:
            kinds[genotype].append(n)
        if sum(depths) >= DEEP:
            rarer.append(min(depths) / sum(depths))
    heterozygous, reference, alternate = map(_bits, kinds.values())
    uneven = sum(_UNEVEN[0] < each <= _UNEVEN[1] for each in rarer)
    return Fingerprint(checksum.hexdigest(), heterozygous, reference, alternate, len(rarer), uneven)


def _records(text: str, name: str) -> Iterator[Sequence[str]]:
    lines = text.splitlines()
    if not lines or not lines[0].startswith("##fileformat=VCF"):
        raise _broken(name, "it is no VCF")
    for line in lines:
        if not line.startswith("#"):
            columns = line.split("\t")
            if len(columns) != _COLUMNS:
                raise _broken(name, f"a line has {len(columns)} columns, not {_COLUMNS}")
            yield columns


def _depths(values: Mapping[str, str]) -> list[int]:
    """The reads with each allele, none where they are unknown."""
    return [int(each) for each in values.get("AD", "").split(",") if each not in ("", ".")]


def _genotype(values: Mapping[str, str], depths: Sequence[int]) -> str:
    """The two alleles in order, as `01`; anything else has no meaning here."""
    if sum(depths) < LEAST_DEPTH:
        return ""
    return "".join(sorted(values.get("GT", "").replace("|", "/").split("/")))


def _bits(places: Sequence[int]) -> int:
    number = bytearray((max(places, default=0) >> 3) + 1)
    for place in places:
        number[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(number, "little")


def _broken(name: str, why: str) -> CliError:
    return CliError(ExitCode.UNAVAILABLE, f"{name} can't be read: {why}")
