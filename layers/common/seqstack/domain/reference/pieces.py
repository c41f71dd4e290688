"""What each object of a prepared reference is."""

from collections.abc import Mapping

from seqstack.domain.reference.layout import (
    ALT,
    ANNOTATION_FOLDER,
    DICTIONARY,
    FASTA,
    FASTA_INDEX,
    ISAAC_REFERENCE,
    SITES,
    SITES_INDEX,
    SNPEFF_DATABASE,
    TARGETS,
    TARGETS_INDEX,
    ReferenceLayout,
)
from seqstack.domain.reference.manifest import Piece
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.bwa_index import BWA_INDEX_FILES
from seqstack.tools.minimap2_index import MINIMAP2_INDEX_FILES

_PIECES: Mapping[str, Piece] = {
    FASTA: Piece.FASTA,
    FASTA_INDEX: Piece.FASTA_INDEX,
    DICTIONARY: Piece.DICTIONARY,
    ALT: Piece.ALT,
    **{f"{FASTA}{suffix}": Piece.BWA_INDEX for suffix in BWA_INDEX_FILES.suffixes},
    **{f"{FASTA}{suffix}": Piece.MINIMAP2_INDEX for suffix in MINIMAP2_INDEX_FILES.suffixes},
    ISAAC_REFERENCE: Piece.ISAAC_REFERENCE,
    SNPEFF_DATABASE: Piece.SNPEFF_DATABASE,
    TARGETS: Piece.TARGETS,
    TARGETS_INDEX: Piece.TARGETS_INDEX,
    SITES: Piece.SITES,
    SITES_INDEX: Piece.SITES_INDEX,
}


def piece_at(layout: ReferenceLayout, uri: S3Uri) -> Piece | None:
    """What an object of a version is; None for one that no run reads."""
    key = uri.key.removeprefix(layout.root.key)
    if key.startswith(ANNOTATION_FOLDER):
        return Piece.ANNOTATION
    return _PIECES.get(key)
