import pytest

from demo.exome.genetic_code import translate
from tests.unit.demo.handmade import FORWARD, Gene


@pytest.mark.parametrize("gene", [FORWARD, FORWARD.mirrored()], ids=["forward", "reverse"])
def test_transcript_coding_sequence_either_strand_is_spliced_in_reading_order(gene: Gene) -> None:
    coding = gene.transcript.coding_sequence(gene.chromosome)
    assert coding == "ATGGCTAAATGGGAATTCTGA"
    assert translate(coding) == "MAKWEF*"


def test_transcript_forward_positions_skip_the_intron() -> None:
    coding = FORWARD.transcript.coding_positions.tolist()
    assert coding[:10] == [16, 17, 18, 19, 20, 21, 22, 23, 24, 25]
    assert coding[10:] == [50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60]
    assert FORWARD.transcript.introns == ((26, 50),)


def test_transcript_reverse_positions_descend() -> None:
    # 77 bases: forward position p is 76 - p in the mirror.
    coding = FORWARD.mirrored().transcript.coding_positions.tolist()
    assert coding[:3] == [60, 59, 58]
    assert coding[9:11] == [51, 26]
    assert coding[-1] == 16
