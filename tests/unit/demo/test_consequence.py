import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.exome.coding_change import mutated
from demo.exome.consequence import SEVERITY, AmbiguousPlaceError, Consequence, consequence
from demo.exome.genetic_code import reverse_complement, translate
from demo.exome.transcript import Transcript
from demo.exome.variant import Edit
from tests.unit.demo.handmade import FORWARD, Gene

# Worked out by hand on the gene drawn in handmade.py.
SUBSTITUTIONS = [
    (16, "G", ("start_lost",), "ATG/GTG", "p.Met1?"),
    (16, "C", ("start_lost",), "ATG/CTG", "p.Met1?"),
    (21, "C", ("synonymous_variant",), "GCT/GCC", "p.Ala2="),
    (20, "A", ("missense_variant",), "GCT/GAT", "p.Ala2Asp"),
    (22, "T", ("stop_gained",), "AAA/TAA", "p.Lys3*"),
    (24, "G", ("splice_region_variant", "synonymous_variant"), "AAA/AAG", "p.Lys3="),
    (25, "C", ("missense_variant", "splice_region_variant"), "TGG/CGG", "p.Trp4Arg"),
    (50, "A", ("stop_gained", "splice_region_variant"), "TGG/TAG", "p.Trp4*"),
    (58, "C", ("stop_lost",), "TGA/CGA", "p.*7ext*?"),
    (59, "A", ("stop_retained_variant",), "TGA/TAA", "p.*7="),
    (12, "T", ("5_prime_UTR_variant",), "", ""),
    (63, "G", ("3_prime_UTR_variant",), "", ""),
    (26, "A", ("splice_donor_variant", "intron_variant"), "", ""),
    (27, "A", ("splice_donor_variant", "intron_variant"), "", ""),
    (28, "G", ("splice_region_variant", "intron_variant"), "", ""),
    (33, "G", ("splice_region_variant", "intron_variant"), "", ""),
    (34, "G", ("intron_variant",), "", ""),
    (41, "G", ("intron_variant",), "", ""),
    (42, "G", ("splice_region_variant", "intron_variant"), "", ""),
    (47, "G", ("splice_region_variant", "intron_variant"), "", ""),
    (48, "G", ("splice_acceptor_variant", "intron_variant"), "", ""),
    (49, "A", ("splice_acceptor_variant", "intron_variant"), "", ""),
]
INDELS = [
    # GAA TTC -> GAA ATT C: Phe6 becomes Ile
    (Edit(54, 54, "A"), ("frameshift_variant",), "p.Phe6fs"),
    # ATG GCT -> AGG CT
    (Edit(17, 18, ""), ("frameshift_variant", "start_lost"), "p.Met1fs"),
    # GAA|TTC -> GAA CGT TTC
    (Edit(55, 55, "CGT"), ("conservative_inframe_insertion",), ""),
    # GA|A -> GAC CCA
    (Edit(54, 54, "CCC"), ("disruptive_inframe_insertion",), ""),
    # GAA -> GAA GAA, or GG[GAA]GAA...: as well inside a codon
    (Edit(55, 55, "GAA"), ("inframe_insertion",), ""),
    # GAA|TTC -> GAA TAG TTC
    (Edit(55, 55, "TAG"), ("stop_gained", "inframe_insertion"), ""),
    # GAA TTC -> GTC; base 53 is the exon's fourth, so it has no splice term
    (Edit(53, 56, ""), ("disruptive_inframe_deletion",), ""),
    # GAA TTC TGA -> GAA TGA, or [TCT]
    (Edit(55, 58, ""), ("inframe_deletion",), ""),
    # GAA leaves; its first base is one of the exon's first three
    (Edit(52, 55, ""), ("conservative_inframe_deletion", "splice_region_variant"), ""),
    (Edit(36, 38, ""), ("intron_variant",), ""),
    (Edit(12, 12, "T"), ("5_prime_UTR_variant",), ""),
]
STRANDS = pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])


def _on_strand(edit: Edit, *, reverse: bool) -> Consequence:
    gene = FORWARD.mirrored() if reverse else FORWARD
    return consequence(gene.transcript, gene.chromosome, FORWARD.mirror(edit) if reverse else edit)


@STRANDS
@pytest.mark.parametrize(("position", "base", "terms", "codons", "protein"), SUBSTITUTIONS)
def test_consequence_substitution_has_the_terms_of_its_place(
    position: int, base: str, terms: tuple[str, ...], codons: str, protein: str, *, reverse: bool
) -> None:
    effect = _on_strand(Edit(position, position + 1, base), reverse=reverse)
    assert effect == Consequence(terms, codons, protein)


@STRANDS
@pytest.mark.parametrize(("edit", "terms", "protein"), INDELS)
def test_consequence_indel_has_the_terms_of_its_frame(
    edit: Edit, terms: tuple[str, ...], protein: str, *, reverse: bool
) -> None:
    assert _on_strand(edit, reverse=reverse) == Consequence(terms, "", protein)


@STRANDS
@pytest.mark.parametrize(
    "edit",
    [
        Edit(26, 26, "A"),  # between exon and intron
        Edit(24, 28, ""),  # over the exon's end
        Edit(14, 18, ""),  # over the start of the coding sequence
        Edit(28, 28, "C"),  # between splice site and splice region
        Edit(53, 53, "C"),  # between the exon's third base and its fourth
        Edit(3, 4, "T"),  # before the transcript
    ],
    ids=str,
)
def test_consequence_across_a_border_is_refused(edit: Edit, *, reverse: bool) -> None:
    with pytest.raises(AmbiguousPlaceError):
        _on_strand(edit, reverse=reverse)


def test_consequence_reverse_strand_start_codon_reads_the_complement() -> None:
    # In the mirror the A of ATG is the T at 60 of the forward strand; T>C makes it GTG.
    gene = FORWARD.mirrored()
    assert gene.chromosome[58:61] == "CAT"
    effect = consequence(gene.transcript, gene.chromosome, Edit(60, 61, "C"))
    assert effect == Consequence(("start_lost",), "ATG/GTG", "p.Met1?")


SENSE = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT"]
SENSE = [codon for codon in SENSE if codon not in {"TAA", "TAG", "TGA"}]


@st.composite
def genes(draw: st.DrawFn) -> Gene:
    """ATG, sense codons and a stop over two exons, on either strand."""
    codons = ["ATG", *draw(st.lists(st.sampled_from(SENSE), min_size=12, max_size=20))]
    coding = "".join([*codons, draw(st.sampled_from(["TAA", "TAG", "TGA"]))])
    cut = draw(st.integers(10, len(coding) - 10))
    intron = "GT" + draw(st.text("ACGT", min_size=30, max_size=40)) + "AG"
    left, right = draw(st.text("ACGT", min_size=12, max_size=12)), "ACCGATTGCAAT"
    chromosome = left + coding[:cut] + intron + coding[cut:] + right
    exon1 = (6, 12 + cut)
    exon2 = (exon1[1] + len(intron), len(chromosome) - 6)
    transcript = Transcript("c", "g", "t", "+", (exon1, exon2), (12, len(chromosome) - 12))
    gene = Gene(transcript, chromosome)
    return gene.mirrored() if draw(st.booleans()) else gene


def _spliced(gene: Gene, edit: Edit) -> str:
    """The edited coding sequence, spliced base by base from the edited chromosome."""
    kept = [
        base
        for position, base in enumerate(gene.chromosome)
        if any(a <= position < b for a, b in gene.transcript.coding_exons)
        and not edit.start <= position < edit.end
    ]
    before = sum(
        1
        for position in range(edit.start)
        if any(a <= position < b for a, b in gene.transcript.coding_exons)
    )
    read = "".join(kept[:before]) + edit.inserted + "".join(kept[before:])
    return read if gene.transcript.strand == "+" else reverse_complement(read)


@given(genes(), st.data())
def test_consequence_any_coding_substitution_agrees_with_the_two_proteins(
    gene: Gene, data: st.DataObject
) -> None:
    position = data.draw(st.sampled_from(sorted(gene.transcript.coding_positions.tolist())))
    base = data.draw(st.sampled_from([b for b in "ACGT" if b != gene.chromosome[position]]))
    edit = Edit(position, position + 1, base)
    old = translate(gene.transcript.coding_sequence(gene.chromosome))
    new = translate(_spliced(gene, edit))
    changed = [n for n, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
    terms = set(consequence(gene.transcript, gene.chromosome, edit).terms)
    assert ("start_lost" in terms) == (new[0] != "M")
    assert ("stop_gained" in terms) == ("*" in new[:-1])
    assert ("stop_lost" in terms) == (new[-1] != "*")
    silent = {"synonymous_variant", "stop_retained_variant"}
    assert bool(terms & silent) == (not changed)
    inner = changed and changed[0] not in (0, len(old) - 1) and "*" not in new[:-1]
    assert ("missense_variant" in terms) == bool(inner)


@given(genes(), st.data())
def test_consequence_any_inner_indel_agrees_with_length_and_codons(
    gene: Gene, data: st.DataObject
) -> None:
    inner = sorted(gene.transcript.coding_positions[6:-9].tolist())
    start = data.draw(st.sampled_from(inner))
    inserted = data.draw(st.text("ACGT", max_size=6))
    length = 0 if inserted else data.draw(st.integers(1, 6))
    edit = Edit(start, start + length, inserted)
    try:
        effect = consequence(gene.transcript, gene.chromosome, edit)
    except AmbiguousPlaceError:
        return
    before = gene.transcript.coding_sequence(gene.chromosome)
    after = _spliced(gene, edit)
    assert mutated(gene.transcript, before, edit) == after
    old = [before[i : i + 3] for i in range(0, len(before), 3)]
    new = [after[i : i + 3] for i in range(0, len(after), 3)]
    terms = set(effect.terms)
    assert ("frameshift_variant" in terms) == ((len(before) - len(after)) % 3 != 0)
    if "frameshift_variant" in terms:
        return
    longer, shorter = (new, old) if len(new) > len(old) else (old, new)
    extra = len(longer) - len(shorter)
    whole = any(longer[:i] + longer[i + extra :] == shorter for i in range(len(shorter) + 1))
    assert any(term.startswith("disruptive_") for term in terms) == (not whole)
    kind = "insertion" if longer is new else "deletion"
    assert any(term.endswith(f"inframe_{kind}") for term in terms)
    assert ("stop_gained" in terms) == ("*" in translate(after)[:-1])


@given(genes(), st.data())
def test_consequence_mirrored_gene_has_the_same_terms(gene: Gene, data: st.DataObject) -> None:
    start = data.draw(st.integers(8, len(gene.chromosome) - 14))
    inserted = data.draw(st.text("ACGT", min_size=1, max_size=4))
    edit = Edit(start, start + data.draw(st.integers(0, 1)) * len(inserted), inserted)
    if len(edit.inserted) > 1 and edit.start != edit.end:
        return

    def terms(g: Gene, e: Edit) -> tuple[str, ...] | None:
        if g.chromosome[e.start : e.end] == e.inserted:
            return None
        try:
            return consequence(g.transcript, g.chromosome, e).terms
        except AmbiguousPlaceError:
            return None

    found = terms(gene, edit)
    assert found == terms(gene.mirrored(), gene.mirror(edit))
    assert found is None or set(found) <= set(SEVERITY)
