"""Match contigs across naming conventions: UCSC (chr1), Ensembl (1), RefSeq (NC_…), GenBank.

snpEff does so, too, by names that it shortens.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from seqstack.domain.reference.contigs import Contig
from seqstack.domain.reference.organelles import is_mitochondrial_name

# The first accession of each consecutive series of RefSeq chromosomes, and the chromosomes:
# https://www.ncbi.nlm.nih.gov/datasets/genome/
_HUMAN = (*map(str, range(1, 23)), "X", "Y")
_MOUSE = (*map(str, range(1, 20)), "X", "Y")
_SERIES = (
    (1, _HUMAN),  # NC_000001: GRCh37, GRCh38
    (67, _MOUSE),  # NC_000067: GRCm38, GRCm39
    (60_925, _HUMAN),  # NC_060925: T2T-CHM13v2.0
)
_GENBANK_SEX = frozenset(
    {"CM000685", "CM000686"}  # GRCh37, GRCh38
    | {"CP068255", "CP086569"}  # T2T-CHM13v2.0
    | {"CM001013", "CM001014"}  # GRCm38, GRCm39
)
_REFSEQ = re.compile(r"NC_([0-9]{6})(?:\.[0-9]+)?")
# chr1_KI270706v1_random, chrUn_GL000195v1, chr19_GL949746v1_alt
_UCSC_SCAFFOLD = re.compile(r"chr[0-9A-Za-z]+_([A-Z]{2}[0-9]+)v([0-9]+)(?:_[a-z]+)?")
_PREFIX = re.compile(r"chr(omosome)?_?", re.IGNORECASE)
# snpEff 5.1d, org.snpeff.interval.ChromosomeSimpleName: in this order
_SNPEFF_WORDS = ("chromosome", "chromo", "chr")
_SNPEFF_PREFIXES = tuple(word + sign for word in _SNPEFF_WORDS for sign in (":", "_", "-", ""))


def same_contigs(unknown: Mapping[str, int], contigs: Sequence[Contig]) -> dict[str, str]:
    """The reference's contigs that have other names in an annotation.

    Args:
        unknown: the names that the reference lacks, with their lengths, or 0 where unknown.
        contigs: the reference's.
    """
    by_key = _unique((key, contig.name) for contig in contigs for key in _keys(contig.name))
    by_length = _unique((contig.length, contig.name) for contig in contigs)
    found = {}
    for name, length in unknown.items():
        known = next((by_key[key] for key in _keys(name) if key in by_key), None)
        if known or (length and by_length.get(length)):
            found[name] = known or by_length[length]
    return found


def is_sex_chromosome(name: str) -> bool:
    """Whether a contig is X or Y by its name in any of the conventions."""
    return _keys(name)[0] in {"X", "Y"} or name.partition(".")[0] in _GENBANK_SEX


def snpeff_name(name: str) -> str:
    """The name by which snpEff 5 finds a contig: `1` of `chr1`, `Chr_01` and `chromosome1`."""
    before = None
    while name != before:
        before = name
        if name.lower() not in _SNPEFF_WORDS:
            for prefix in _SNPEFF_PREFIXES:
                if name.lower().startswith(prefix):
                    name = name[len(prefix) :]
        if name != "0":
            name = name.removeprefix("0")
    return name


def _keys(name: str) -> list[str]:
    """The keys of a contig's name in all supported conventions."""
    if is_mitochondrial_name(name):
        return ["MT"]
    if scaffold := _UCSC_SCAFFOLD.fullmatch(name):
        return [f"{scaffold[1]}.{scaffold[2]}"]
    if accession := _REFSEQ.fullmatch(name):
        number = int(accession[1])
        for first, chromosomes in _SERIES:
            if first <= number < first + len(chromosomes):
                return [chromosomes[number - first], name]
    return [_PREFIX.sub("", name, count=1) or name]


def _unique[K](pairs: Iterable[tuple[K, str]]) -> dict[K, str]:
    """The names by keys that no two contigs share."""
    found: dict[K, set[str]] = {}
    for key, name in pairs:
        found.setdefault(key, set()).add(name)
    return {key: min(names) for key, names in found.items() if len(names) == 1}
