"""Which variants may be planted together, and which not at all."""

import pytest

from demo.exome.planting import SPACING, Ground, undisputed
from demo.exome.transcript import Transcript
from demo.exome.variant import Edit
from tests.unit.demo.handmade import FORWARD

# ATG GCA A|GT...AG|AC CAT TGA with an intron of 100 bases: the codon AAC lies on both sides.
INTRON = "GT" + "ATCG" * 24 + "AG"
SPLIT = Transcript("c", "g", "t", "+", exons=((10, 27), (127, 145)), coding=(20, 135))
SPLIT_CHROMOSOME = (
    "C" * 10 + "GATTACAGAT" + "ATGGCAA" + INTRON + "ACCATTGA" + "GTCATCGTCA" + "C" * 60
)


def test_ground_codon_over_an_intron_is_taken_once() -> None:
    ground = Ground({"c": SPLIT_CHROMOSOME})
    assert ground.take(SPLIT, Edit(26, 27, "G"))
    assert not ground.take(SPLIT, Edit(127, 128, "G"))
    assert ground.take(SPLIT, Edit(130, 131, "G"))


@pytest.mark.parametrize(("distance", "taken"), [(SPACING - 1, False), (SPACING + 2, True)])
def test_ground_second_variant_keeps_its_distance(distance: int, *, taken: bool) -> None:
    ground = Ground({"c": SPLIT_CHROMOSOME})
    assert ground.take(SPLIT, Edit(40, 41, "G"))
    assert ground.take(SPLIT, Edit(40 + distance, 41 + distance, "T")) == taken


@pytest.mark.parametrize(
    ("edit", "terms"),
    [
        # The run CCCC at 32 to 35 leaves the splice region, which ends with 33.
        (Edit(33, 34, ""), None),
        # The run TTTT at 36 to 39 does not reach either splice region.
        (Edit(38, 39, ""), ("intron_variant",)),
        # Written at its left end, GAC comes before the transcript.
        (Edit(13, 13, "GAC"), None),
    ],
)
def test_undisputed_holds_for_every_place_of_the_edit(
    edit: Edit, terms: tuple[str, ...] | None
) -> None:
    effect = undisputed(FORWARD.transcript, FORWARD.chromosome, edit)
    assert (effect and effect.terms) == terms
