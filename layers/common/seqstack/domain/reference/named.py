"""A run's reference by name: `GRCh38`, or `GRCh38/<version>`, in place of paths."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from seqstack.domain.errors import Problem
from seqstack.domain.reference.layout import ISAAC_REFERENCE
from seqstack.domain.reference.manifest import Piece, ReferenceManifest
from seqstack.domain.sequencing import Sequencing
from seqstack.domain.words import Step
from seqstack.tools.registry import Tool
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS

KEY: Final = "reference"
"""The key of a run's input that names a prepared reference."""
_PATH = f"$.{KEY}"
_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,63})(?:/([0-9a-f]{32}))?")
_INDEX_OF: Mapping[Tool, Piece] = {
    Tool.BWA: Piece.BWA_INDEX,
    Tool.MINIMAP2: Piece.MINIMAP2_INDEX,
    Tool.ISAAC: Piece.ISAAC_REFERENCE,
}
OF_READS: Final = ("sequencing", "targetRegionsS3Path", "sitesS3Path")
"""What a reference says of a sample's reads."""
_OF_ANNOTATION = (
    "annotationS3Path",
    "annotationDatabaseS3Path",
    "geneticCodes",
    "annotationLeftOut",
)


@dataclass(frozen=True, slots=True)
class ReferenceName:
    """A prepared reference; without a `version`, the newest."""

    name: str
    version: str = ""

    @classmethod
    def parse(cls, text: object) -> Self | None:
        """Read a name, or give None for what can't be one."""
        found = _NAME.fullmatch(text) if isinstance(text, str) else None
        return cls(found[1], found[2] or "") if found else None

    def __str__(self) -> str:
        return f"{self.name}/{self.version}" if self.version else self.name


def waits_for_paths(document: Mapping[str, Any]) -> bool:
    """True for an input that names a reference, before `with_reference` has given it paths."""
    return KEY in document and "referenceS3Path" not in document


def aligners_of(manifest: ReferenceManifest) -> list[Tool]:
    """The aligners that the reference has an index for."""
    return [tool for tool, piece in _INDEX_OF.items() if piece in manifest.pieces]


def with_reference(document: Mapping[str, Any], manifest: ReferenceManifest) -> dict[str, Any]:
    """The input with the paths of a prepared reference, as if the user had given them.

    The reference's name stays, with its version. What the user says of the reads and
    targets goes before what the reference's targets say.
    """
    filled: dict[str, Any] = {
        **document,
        KEY: f"{manifest.name}/{manifest.version}",
        "referenceS3Path": _uri(manifest, Piece.FASTA),
    }
    if Piece.ANNOTATION in manifest.pieces:
        filled["annotationS3Path"] = _uri(manifest, Piece.ANNOTATION)
        filled |= {key: value for key, value in manifest.options.items() if value}
    if Piece.SNPEFF_DATABASE in manifest.pieces:
        filled["annotationDatabaseS3Path"] = _uri(manifest, Piece.SNPEFF_DATABASE)
    if Piece.TARGETS in manifest.pieces:
        filled.setdefault("sequencing", str(Sequencing.EXOME))
        filled.setdefault("targetRegionsS3Path", _uri(manifest, Piece.TARGETS))
    if Piece.SITES in manifest.pieces:
        filled.setdefault("sitesS3Path", _uri(manifest, Piece.SITES))
    if _aligner(document) is Tool.ISAAC and Piece.ISAAC_REFERENCE in manifest.pieces:
        folder = _uri(manifest, Piece.ISAAC_REFERENCE).removesuffix(ISAAC_REFERENCE)
        filled[Tool.ISAAC] = {**filled[Tool.ISAAC], "referenceS3Path": folder}
    return filled


def reference_problems(
    document: Mapping[str, Any], manifest: ReferenceManifest, *, has_reads: bool = True
) -> Iterator[Problem]:
    """Yield what an input says against the prepared reference that it names."""
    given = ["referenceS3Path"]
    if Piece.ANNOTATION in manifest.pieces:
        given += _OF_ANNOTATION
    for key in given:
        if key in document:
            yield Problem(f"$.{key}", f"comes with the reference {manifest.name}: leave it out")
    if not has_reads:
        return
    aligner = _aligner(document)
    block = document.get(aligner, {})
    if isinstance(block, Mapping) and "referenceS3Path" in block:
        yield Problem(
            f"$.{aligner}.referenceS3Path",
            f"comes with the reference {manifest.name}: leave it out",
        )
    if _INDEX_OF[aligner] not in manifest.pieces:
        has = aligners_of(manifest)
        yield Problem(
            _PATH,
            f"{manifest.name}/{manifest.version} has no index for {aligner}, only for "
            f"{', '.join(has) or 'no aligner'}: prepare the reference with {aligner} among its "
            "aligners, or align with another",
        )


def _aligner(document: Mapping[str, Any]) -> Tool:
    return SECONDARY_ANALYSIS.chosen_tools(document)[Step.ALIGN]


def _uri(manifest: ReferenceManifest, piece: Piece) -> str:
    return str(manifest.pieces[piece][0].uri)
