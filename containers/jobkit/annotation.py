"""Read a job's whole annotation and check it against its FASTA."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobkit.errors import InvalidInputError
from jobkit.reference import UsableFasta, text_chunks
from seqstack.domain.reference.annotation import (
    AnnotationFormat,
    read_annotation,
    without_contigs,
)
from seqstack.domain.reference.code_choice import (
    CodeChoice,
    choose_codes,
    code_problems,
    codes_as_json,
)
from seqstack.domain.reference.first_look import missing_features
from seqstack.domain.reference.fitting import contig_fit_problems, left_out_contigs
from seqstack.domain.reference.translation import translation_fit


@dataclass(frozen=True, slots=True)
class FittingAnnotation:
    """An annotation that fits its FASTA.

    Attributes:
        path: the file.
        format: GFF3 or GTF, recognized by content.
        codes: the genetic code of each contig of the FASTA.
        left_out: contigs that it names and the FASTA lacks, left out by the user.
        facts: for provenance.
        suspicion: the text of a warning; may be empty.
    """

    path: Path
    format: AnnotationFormat
    codes: Mapping[str, CodeChoice]
    left_out: frozenset[str]
    facts: Mapping[str, Any]
    suspicion: str = ""


def require_fitting_annotation(
    path: Path, fasta: UsableFasta, given_codes: Mapping[str, int], left_out: Sequence[str]
) -> FittingAnnotation:
    """Read an annotation, and check that it belongs to this FASTA.

    Raises:
        InvalidInputError: it can't be read, names contigs that the FASTA lacks, or does not
            translate on it; or a contig's genetic code is unknown.
    """
    annotation = read_annotation(lines_of(path))
    _require(path, annotation.problems)
    _require(path, missing_features(annotation))
    contigs, tables = fasta.contigs, annotation.transl_tables
    _require(path, contig_fit_problems(annotation, contigs, left_out))
    _require(path, code_problems(contigs, given_codes, tables))
    codes = choose_codes(contigs, given_codes, tables)
    with closing(fasta.bases()) as bases:
        fit = translation_fit(annotation, bases, codes)
    _require(path, fit.problems)
    unknown = left_out_contigs(annotation, contigs)
    return FittingAnnotation(
        path=path,
        format=annotation.format or AnnotationFormat.GFF3,
        codes=codes,
        left_out=unknown,
        facts={
            "annotation": {
                "format": str(annotation.format),
                "contigs": len(annotation.contigs),
                "contigsLeftOut": sorted(unknown),
                **fit.as_json(),
            },
            "geneticCodes": codes_as_json(codes),
        },
        suspicion=fit.suspicion,
    )


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of a file, gzipped or not, with line ends."""
    rest = b""
    for chunk in text_chunks(path):
        lines = (rest + chunk).splitlines(keepends=True)
        rest = lines.pop() if not lines[-1].endswith(b"\n") else b""
        yield from lines
    if rest:
        yield rest


def write_without(annotation: FittingAnnotation, target: Path) -> None:
    """Write the annotation without the contigs that the FASTA lacks."""
    left_out = frozenset(name.encode() for name in annotation.left_out)
    with target.open("wb") as file:
        file.writelines(without_contigs(lines_of(annotation.path), left_out))


def _require(path: Path, problems: Iterable[str]) -> None:
    found = list(problems)
    if found:
        raise InvalidInputError(
            f"the annotation {path.name} does not fit: {found[0]}",
            hint="give the annotation that belongs to this FASTA",
            evidence=found,
        )
