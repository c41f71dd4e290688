"""Genomes of organelles: their common names and lengths, and their genetic codes."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from seqstack.domain.reference.genetic_codes import (
    BACTERIAL,
    STANDARD,
    VERTEBRATE_MITOCHONDRIAL,
)

_YEAST, _MOLD, _INVERTEBRATE = 3, 4, 5


class Organelle(NamedTuple):
    """A known genome: accessions of RefSeq and GenBank without version, length, code, species."""

    accessions: tuple[str, ...]
    length: int
    code: int
    whose: str


# Each length is that of the accession beside it, as in assembly reports and chromosome sizes.
# https://www.ncbi.nlm.nih.gov/nuccore/
_MITOCHONDRIA: Final = (
    Organelle(("NC_012920", "J01415"), 16_569, VERTEBRATE_MITOCHONDRIAL, "human (rCRS)"),
    Organelle(("NC_001807", "AF347015"), 16_571, VERTEBRATE_MITOCHONDRIAL, "human (hg19's chrM)"),
    Organelle(("CP068254",), 16_569, VERTEBRATE_MITOCHONDRIAL, "human (T2T-CHM13)"),
    Organelle(("NC_005089", "AY172335"), 16_299, VERTEBRATE_MITOCHONDRIAL, "mouse"),
    Organelle(("NC_001665", "AY172581"), 16_313, VERTEBRATE_MITOCHONDRIAL, "rat"),
    Organelle(("NC_002333", "AC024175"), 16_596, VERTEBRATE_MITOCHONDRIAL, "zebrafish"),
    Organelle(("NC_001643",), 16_554, VERTEBRATE_MITOCHONDRIAL, "chimpanzee"),
    Organelle(("NC_005943",), 16_564, VERTEBRATE_MITOCHONDRIAL, "rhesus macaque"),
    Organelle(("NC_002008",), 16_727, VERTEBRATE_MITOCHONDRIAL, "dog"),
    Organelle(("NC_001700",), 17_009, VERTEBRATE_MITOCHONDRIAL, "cat"),
    Organelle(("NC_006853",), 16_338, VERTEBRATE_MITOCHONDRIAL, "cow"),
    Organelle(("NC_000845",), 16_613, VERTEBRATE_MITOCHONDRIAL, "pig"),
    Organelle(("NC_001640",), 16_660, VERTEBRATE_MITOCHONDRIAL, "horse"),
    Organelle(("NC_001323",), 16_775, VERTEBRATE_MITOCHONDRIAL, "chicken"),
    Organelle(("NC_024511", "KJ947872"), 19_524, _INVERTEBRATE, "Drosophila melanogaster"),
    Organelle(("NC_001709", "U37541"), 19_517, _INVERTEBRATE, "Drosophila melanogaster"),
    Organelle(("NC_001328", "X54252"), 13_794, _INVERTEBRATE, "Caenorhabditis elegans"),
    Organelle(("NC_001566", "L06178"), 16_343, _INVERTEBRATE, "honey bee"),
    Organelle(("NC_001224", "KP263414"), 85_779, _YEAST, "Saccharomyces cerevisiae"),
    Organelle(("NC_001326", "X54421"), 19_431, _MOLD, "Schizosaccharomyces pombe"),
    Organelle(("NC_037304", "BK010421"), 367_808, STANDARD, "Arabidopsis thaliana"),
    Organelle(("NC_001284", "Y08501"), 366_924, STANDARD, "Arabidopsis thaliana"),
    Organelle(("NC_007982", "AY506529"), 569_630, STANDARD, "maize"),
    Organelle(("NC_011033",), 490_520, STANDARD, "rice"),
)
_PLASTIDS: Final = (
    Organelle(("NC_000932", "AP000423"), 154_478, BACTERIAL, "Arabidopsis thaliana"),
    Organelle(("NC_001666", "X86563"), 140_384, BACTERIAL, "maize"),
    Organelle(("NC_001320", "X15901"), 134_525, BACTERIAL, "rice"),
)
# chrM, chrMT, MT, M, Mt, Mito, MtDNA, chrmt, mitochondrion, dmel_mitochondrion_genome, …
_MITOCHONDRIAL_NAME = re.compile(
    r"(chr(omosome)?_?)?(m|mt|mito|mt_?dna)|(.*[^a-z])?mitochondri(on|a|al)([^a-z].*)?",
    re.IGNORECASE,
)
_PLASTID_NAME = re.compile(
    r"(chr_?)?(pt|cp|pltd)|chrc|(.*[^a-z])?(chloroplast|plastid)([^a-z].*)?", re.IGNORECASE
)


def is_mitochondrial_name(name: str) -> bool:
    """Whether a contig has the name of a mitochondrion."""
    return (
        bool(_MITOCHONDRIAL_NAME.fullmatch(name)) or _by_accession(name, _MITOCHONDRIA) is not None
    )


def is_plastid_name(name: str) -> bool:
    """Whether a contig has the name of a plastid."""
    return bool(_PLASTID_NAME.fullmatch(name)) or _by_accession(name, _PLASTIDS) is not None


def known_organelle(name: str, length: int) -> Organelle | None:
    """The organelle of a contig: by its accession, or by name and length."""
    if found := _by_accession(name, (*_MITOCHONDRIA, *_PLASTIDS)):
        return found
    for is_named, kinds in ((is_mitochondrial_name, _MITOCHONDRIA), (is_plastid_name, _PLASTIDS)):
        if is_named(name):
            return next((kind for kind in kinds if kind.length == length), None)
    return None


def _by_accession(name: str, kinds: Iterable[Organelle]) -> Organelle | None:
    # also in GenBank's longer forms: ref|NC_012920.1|, gi|…|ref|NC_012920.1|
    words = {word.partition(".")[0] for word in re.split(r"[|:]", name)}
    return next((kind for kind in kinds if words.intersection(kind.accessions)), None)
