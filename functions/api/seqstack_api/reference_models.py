"""What the API answers about prepared references, in JSON."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field

from seqstack.domain.reference.manifest import (
    Piece,
    ReferenceContig,
    ReferenceManifest,
    ReferenceObject,
)
from seqstack.domain.reference.named import ReferenceName, aligners_of
from seqstack_api.answer import Answer

MOST_CONTIGS = 1000
"""More are counted, and not listed: an answer has room for so much."""


class ReferenceVersion(Answer):
    """A version of a reference, in a list; what can't be read of it is null."""

    version: str = Field(description="a hash of what it was made from, and of the tools")
    created_at: str | None = Field(description="UTC, ISO 8601")
    contig_count: int | None
    bases: int | None = Field(description="the sum of the contigs' lengths")
    aligners: list[str] = Field(description="those that it has an index for")
    pieces: list[str] = Field(description="what it is made of, such as `snpEffDatabase`")
    has_targets: bool
    problem: str | None = Field(description="why no run can use it; null if runs can")

    @classmethod
    def of(cls, manifest: ReferenceManifest) -> Self:
        """A version by its manifest."""
        return cls(
            version=manifest.version,
            created_at=manifest.created_at,
            contig_count=len(manifest.contigs),
            bases=sum(contig.length for contig in manifest.contigs),
            aligners=list(map(str, aligners_of(manifest))),
            pieces=list(map(str, manifest.pieces)),
            has_targets=Piece.TARGETS in manifest.pieces,
            problem=None,
        )

    @classmethod
    def unreadable(cls, version: str, problem: str) -> Self:
        """A version whose manifest can't be read."""
        return cls(
            version=version,
            created_at=None,
            contig_count=None,
            bases=None,
            aligners=[],
            pieces=[],
            has_targets=False,
            problem=problem,
        )


class Reference(Answer):
    """A reference and its versions."""

    name: str
    versions: list[ReferenceVersion] = Field(description="newest first; runs by name take this")


class ReferenceList(Answer):
    """Every prepared reference."""

    references: list[Reference] = Field(description="in the order of their names")


class ContigModel(Answer):
    """A contig of a reference."""

    name: str
    length: int
    m5: str = Field(description="MD5 of the sequence, as SAM's M5 is")
    genetic_code: int = Field(description="NCBI's number")
    is_alt: bool
    iupac_bases: int = Field(description="bases other than A, C, G, T and N, which became N")

    @classmethod
    def of(cls, contig: ReferenceContig) -> Self:
        """A contig of a manifest."""
        return cls(
            name=contig.name,
            length=contig.length,
            m5=contig.m5,
            genetic_code=contig.genetic_code,
            is_alt=contig.is_alt,
            iupac_bases=contig.iupac_bases,
        )


class ReferenceObjectModel(Answer):
    """An object that a reference is made of, or was made from."""

    s3_uri: str
    bytes: int
    checksum: str = Field(description="`sha256:` and hexadecimal digits")

    @classmethod
    def of(cls, item: ReferenceObject) -> Self:
        """An object of a manifest."""
        return cls(s3_uri=str(item.uri), bytes=item.size, checksum=f"sha256:{item.sha256}")


class ReferenceDetail(Answer):
    """A version of a reference: what it holds, and how it was made."""

    name: str
    version: str
    created_at: str = Field(description="UTC, ISO 8601")
    contig_count: int
    bases: int = Field(description="the sum of the contigs' lengths")
    contigs: list[ContigModel] | None = Field(
        description=f"in the FASTA's order; null if there are more than {MOST_CONTIGS:,}"
    )
    aligners: list[str] = Field(description="those that it has an index for")
    has_targets: bool
    pieces: dict[str, list[ReferenceObjectModel]] = Field(
        description="what runs read, by what it is"
    )
    sources: dict[str, ReferenceObjectModel] = Field(description="what it was made from")
    options: dict[str, Any] = Field(description="the choices that it was made by")
    tool_versions: dict[str, str] = Field(description="the programs that made it")
    found: dict[str, Any] = Field(description="what was counted in the sources")
    changed: list[str] = Field(description="what was changed of the sources, in words")

    @classmethod
    def of(cls, manifest: ReferenceManifest) -> Self:
        """A version by its manifest."""
        summary = ReferenceVersion.of(manifest)
        are_listed = len(manifest.contigs) <= MOST_CONTIGS
        return cls(
            name=manifest.name,
            version=manifest.version,
            created_at=manifest.created_at,
            contig_count=len(manifest.contigs),
            bases=sum(contig.length for contig in manifest.contigs),
            contigs=list(map(ContigModel.of, manifest.contigs)) if are_listed else None,
            aligners=summary.aligners,
            has_targets=summary.has_targets,
            pieces=_pieces(manifest.pieces),
            sources={str(p): ReferenceObjectModel.of(item) for p, item in manifest.sources.items()},
            options=dict(manifest.options),
            tool_versions=dict(manifest.tool_versions),
            found=dict(manifest.found),
            changed=list(manifest.changed),
        )


def _pieces(
    pieces: Mapping[Piece, tuple[ReferenceObject, ...]],
) -> dict[str, list[ReferenceObjectModel]]:
    return {
        str(piece): list(map(ReferenceObjectModel.of, found)) for piece, found in pieces.items()
    }


class DeletedReference(Answer):
    """A version that was deleted."""

    name: str
    version: str
    objects: int = Field(description="how many objects were deleted")

    @classmethod
    def of(cls, named: ReferenceName, objects: int) -> Self:
        """What was deleted of a version."""
        return cls(name=named.name, version=named.version, objects=objects)
