"""Genetic codes: against snpEff's own tables where they are installed, and by what is known."""

import re
from pathlib import Path

import pytest

from seqstack.domain.input_schema import input_schema
from seqstack.domain.reference.code_choice import (
    CodeSource,
    choose_codes,
    code_problems,
    codes_as_json,
)
from seqstack.domain.reference.contigs import Contig
from seqstack.domain.reference.genetic_codes import GENETIC_CODES

SNPEFF_CONFIG = Path("/etc/snpeff/snpEff.config")
# NCBI's number of each of snpEff's tables that NCBI has not changed since.
IN_SNPEFF = {
    1: "Standard",
    2: "Vertebrate_Mitochondrial",
    3: "Yeast_Mitochondrial",
    4: "Mold_Mitochondrial",
    5: "Invertebrate_Mitochondrial",
    6: "Ciliate_Nuclear",
    9: "Echinoderm_Mitochondrial",
    10: "Euplotid_Nuclear",
    11: "Bacterial_and_Plant_Plastid",
    12: "Alternative_Yeast_Nuclear",
    13: "Ascidian_Mitochondrial",
    14: "Alternative_Flatworm_Mitochondrial",
    15: "Blepharisma_Macronuclear",
    16: "Chlorophycean_Mitochondrial",
    21: "Trematode_Mitochondrial",
    22: "Scenedesmus_obliquus_Mitochondrial",
    23: "Thraustochytrium_Mitochondrial",
}


def amino_acids(table: str) -> dict[str, str]:
    pairs = (pair.strip().rstrip("+").split("/") for pair in table.split(",") if pair.strip())
    return dict(pairs)  # type: ignore[arg-type]  # split gives two


@pytest.mark.skipif(not SNPEFF_CONFIG.exists(), reason="snpEff is not installed")
@pytest.mark.parametrize(("number", "name"), IN_SNPEFF.items())
def test_amino_acids_are_those_of_snpeff_s_own_table(number: int, name: str) -> None:
    text = SNPEFF_CONFIG.read_text(errors="replace")
    found = re.search(rf"^codon\.{name}\s*:\s*(.*)$", text, re.MULTILINE)
    assert found

    mine = GENETIC_CODES[number].snpeff_table.partition(" : ")[2]

    assert amino_acids(mine) == amino_acids(found[1])


def test_stops_and_starts_of_vertebrate_mitochondria() -> None:
    code = GENETIC_CODES[2]
    assert set(code.stops) == {b"TAA", b"TAG", b"AGA", b"AGG"}
    assert code.starts == {b"ATT", b"ATC", b"ATA", b"ATG", b"GTG"}


def test_the_schema_takes_every_code_that_there_is() -> None:
    schema = input_schema()["properties"]["geneticCodes"]
    assert schema["additionalProperties"]["enum"] == sorted(GENETIC_CODES)


@pytest.mark.parametrize(
    ("name", "length", "code", "source"),
    [
        ("chr1", 248_956_422, 1, "default"),
        ("chrM", 16_569, 2, "knownName"),
        ("MT", 16_569, 2, "knownName"),
        ("M", 16_571, 2, "knownName"),  # hg19
        ("mitochondrion", 16_299, 2, "knownName"),  # mouse
        ("NC_012920.1", 3_000, 2, "knownName"),
        ("gi|251831106|ref|NC_012920.1|", 16_569, 2, "knownName"),
        ("NC_005089.1", 16_299, 2, "knownName"),
        ("chrM", 19_524, 5, "knownName"),  # Drosophila
        ("mitochondrion_genome", 19_524, 5, "knownName"),
        ("MtDNA", 13_794, 5, "knownName"),  # Caenorhabditis
        ("chrM", 85_779, 3, "knownName"),  # baker's yeast
        ("Mito", 85_779, 3, "knownName"),
        ("Mt", 367_808, 1, "knownName"),  # Arabidopsis
        ("Pt", 154_478, 11, "knownName"),
        ("chloroplast", 150_000, 11, "knownName"),
        ("chrM", 17_000, 2, "translation"),  # unknown, so tentative
    ],
)
def test_choose_codes_knows_organelles_by_name_and_length(
    name: str, length: int, code: int, source: str
) -> None:
    choice = choose_codes([Contig(name, length)], {}, {})[name]

    assert (choice.code.number, choice.source) == (code, source)


def test_choose_codes_takes_the_user_s_word_first_then_the_annotation_s() -> None:
    contigs = [Contig(name, 16_569) for name in ("chrM", "MT", "x", "y")]

    chosen = choose_codes(
        contigs, {"chrM": 5, "*": 11}, {"chrM": frozenset({2}), "MT": frozenset({4})}
    )

    assert {name: (each.code.number, each.source) for name, each in chosen.items()} == {
        "chrM": (5, CodeSource.GIVEN),
        "MT": (4, CodeSource.ANNOTATION),
        "x": (11, CodeSource.GIVEN),
        "y": (11, CodeSource.GIVEN),
    }


def test_code_problems_name_contigs_that_are_not_there_and_codes_at_odds() -> None:
    problems = list(code_problems([Contig("a", 9)], {"b": 2}, {"a": frozenset({1, 2})}))

    assert len(problems) == 2
    assert "'b', and the FASTA has no such contig" in problems[0]
    assert "gives a the genetic codes 1, 2: set one in geneticCodes" in problems[1]


def test_codes_as_json_shows_each_choice_once() -> None:
    contigs = [*(Contig(f"c{n}", 9) for n in range(7)), Contig("chrM", 16_569)]

    assert codes_as_json(choose_codes(contigs, {}, {})) == [
        {
            "code": 1,
            "name": "Standard",
            "source": "default",
            "contigs": 7,
            "firstContigs": ["c0", "c1", "c2", "c3", "c4"],
        },
        {
            "code": 2,
            "name": "Vertebrate Mitochondrial",
            "source": "knownName",
            "whose": "human (rCRS)",
            "contigs": 1,
            "firstContigs": ["chrM"],
        },
    ]
