from demo.exome.genetic_code import CODONS, STOPS, reverse_complement, translate


def test_codons_standard_code_has_61_sense_codons_and_three_stops() -> None:
    assert len(CODONS) == 64
    assert {"TAA", "TAG", "TGA"} == STOPS


def test_translate_known_peptide_gives_its_amino_acids() -> None:
    # The first codons of human insulin (NM_000207): MALWMRLLPL.
    assert translate("ATGGCCCTGTGGATGCGCCTCCTGCCCCTG") == "MALWMRLLPL"


def test_translate_trailing_bases_are_dropped() -> None:
    assert translate("ATGTGATT") == "M*"


def test_reverse_complement_palindrome_is_itself() -> None:
    assert reverse_complement("GAATTC") == "GAATTC"
    assert reverse_complement("AACG") == "CGTT"
