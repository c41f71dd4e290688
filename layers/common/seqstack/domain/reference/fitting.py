"""Check that an annotation fits a FASTA by its contigs."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from seqstack.domain.reference.annotation import Annotation, NamedContig
from seqstack.domain.reference.contigs import Contig
from seqstack.domain.reference.naming import same_contigs, snpeff_name

_SHOWN = 5


def is_left_out(name: str, left_out: Iterable[str]) -> bool:
    """Whether a contig is left out; a pattern may end with `*` for any rest."""
    return any(
        name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
        for pattern in left_out
    )


def left_out_contigs(annotation: Annotation, contigs: Sequence[Contig]) -> frozenset[str]:
    """The contigs that an annotation names and the reference lacks."""
    return frozenset(annotation.contigs) - {contig.name for contig in contigs}


def contig_fit_problems(
    annotation: Annotation, contigs: Sequence[Contig], left_out: Sequence[str]
) -> Iterator[str]:
    """Yield why the annotation's contigs do not fit the reference."""
    lengths = {contig.name: contig.length for contig in contigs}
    unknown = {
        name: named.length
        for name, named in annotation.contigs.items()
        if name not in lengths and not is_left_out(name, left_out)
    }
    if unknown:
        yield _unknown_contigs(unknown, contigs)
    elif annotation.contigs and not annotation.contigs.keys() & lengths.keys():
        yield "none of its contigs is in the FASTA, so nothing would be left"
    for named in annotation.contigs.values():
        length = lengths.get(named.name)
        if length is not None and (problem := _behind_end(named, length)):
            yield problem
            break
    annotated = {named.name for named in annotation.contigs.values() if named.features}
    yield from same_to_snpeff_problems(contigs, annotated)


def _behind_end(named: NamedContig, length: int) -> str:
    """Say what ends behind a contig of the FASTA; features over the origin of a circular one may.

    https://github.com/The-Sequence-Ontology/Specifications/blob/master/gff3.md, circular genomes
    """
    most = 2 * length if named.circular == length else length
    if named.length <= length and named.end <= most:
        return ""
    other = "the annotation belongs to another assembly"
    if max(named.length, named.circular) <= length < named.end <= 2 * length:
        other += (
            ", or has a feature across the origin of a circular sequence: GFF3 then needs the "
            f"attribute Is_circular=true in the line of {named.name}'s region, from base 1 to "
            f"{length}"
        )
    return (
        f"line {named.line} has {named.name} up to base {max(named.end, named.length):,}, and the "
        f"FASTA's {named.name} has {length:,}: {other}"
    )


def same_to_snpeff_problems(contigs: Iterable[Contig], annotated: Container[str]) -> Iterator[str]:
    """Yield a problem if snpEff takes contigs of a reference for one, and it is `annotated`."""
    by_name: dict[str, list[str]] = {}
    for name in dict.fromkeys(contig.name for contig in contigs):
        by_name.setdefault(snpeff_name(name), []).append(name)
    same = [
        names
        for names in by_name.values()
        if len(names) > 1 and any(name in annotated for name in names)
    ]
    if same:
        shown = "; ".join(" and ".join(names) for names in same[:_SHOWN])
        yield (
            f"snpEff takes contigs of the FASTA for one: {shown}{'; …' * (len(same) > _SHOWN)}. It "
            "leaves out chr, chromo, chromosome and zeros at the beginning of a name, and would "
            "give variants of each the effects on genes of the other: rename one in the FASTA and "
            "the annotation"
        )


def _unknown_contigs(unknown: Mapping[str, int], contigs: Sequence[Contig]) -> str:
    renamed = same_contigs(unknown, contigs)
    names = ", ".join(list(unknown)[:_SHOWN]) + (", …" if len(unknown) > _SHOWN else "")
    lead = f"{len(unknown)} contig(s) of the annotation are not in the FASTA: {names}; "
    if renamed:
        pairs = "; ".join(f"{name} is {known} there" for name, known in [*renamed.items()][:_SHOWN])
        name, known = next(iter(renamed.items()))
        return (
            f"{lead}{pairs}. Give the annotation with the FASTA's names, for example with `sed -E "
            f"'s/^(##sequence-region +)?{re.escape(name)}([[:space:]])/\\1{known}\\2/'` for each"
        )
    return (
        f"{lead}give the annotation of this assembly, or list in annotationLeftOut the contigs "
        f"that need no annotation (KI27* for a prefix)"
    )
