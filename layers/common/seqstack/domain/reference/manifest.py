"""A prepared reference, from its `manifest.json`; `manifest.schema.json` is the schema.

A reference never changes: its version is a hash of its sources.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

from seqstack.domain.s3uri import S3Uri

SCHEMA_VERSION: Final = 1


class Piece(StrEnum):
    """The parts of a reference."""

    FASTA = "fasta"
    FASTA_INDEX = "fastaIndex"
    DICTIONARY = "dictionary"
    ALT = "alt"
    BWA_INDEX = "bwaIndex"
    MINIMAP2_INDEX = "minimap2Index"
    ISAAC_REFERENCE = "isaacReference"
    ANNOTATION = "annotation"
    SNPEFF_DATABASE = "snpEffDatabase"
    TARGETS = "targets"
    TARGETS_INDEX = "targetsIndex"
    SITES = "sites"
    SITES_INDEX = "sitesIndex"


@dataclass(frozen=True, slots=True)
class ReferenceContig:
    """A contig; `m5` is the MD5 of its sequence as SAM's M5 defines it (SAM 1.6, 1.3.1)."""

    name: str
    length: int
    m5: str
    genetic_code: int
    is_alt: bool = False
    iupac_bases: int = 0

    def as_json(self) -> dict[str, Any]:
        """As in the manifest."""
        return {
            "name": self.name,
            "length": self.length,
            "m5": self.m5,
            "isAlt": self.is_alt,
            "geneticCode": self.genetic_code,
            "iupacBases": self.iupac_bases,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read a row of the manifest."""
        return cls(
            name=row["name"],
            length=row["length"],
            m5=row["m5"],
            genetic_code=row["geneticCode"],
            is_alt=row["isAlt"],
            iupac_bases=row["iupacBases"],
        )


@dataclass(frozen=True, slots=True)
class ReferenceObject:
    """A part or a source of a reference; `sha256` in hexadecimal."""

    uri: S3Uri
    size: int
    sha256: str

    def as_json(self) -> dict[str, Any]:
        """As in the manifest."""
        return {"uri": str(self.uri), "bytes": self.size, "checksum": f"sha256:{self.sha256}"}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read a row of the manifest."""
        return cls(S3Uri.parse(row["uri"]), row["bytes"], row["checksum"].removeprefix("sha256:"))


@dataclass(frozen=True, slots=True)
class ReferenceManifest:
    """The manifest of a prepared reference.

    Attributes:
        name: for runs.
        version: the hash of its content, see `content_version`.
        created_at: when it was made, ISO 8601 in UTC.
        contigs: in the FASTA's order.
        pieces: the objects that runs read, by part; an aligner's index has several objects.
        sources: the objects that it was made from, by part.
        options: the user's options that it depends on.
        tool_versions: of the programs that made it.
        found: facts, such as the counts of coding sequences.
        changed: changes to the sources, as text.
    """

    name: str
    version: str
    created_at: str
    contigs: tuple[ReferenceContig, ...]
    pieces: Mapping[Piece, tuple[ReferenceObject, ...]]
    sources: Mapping[Piece, ReferenceObject]
    options: Mapping[str, Any] = field(default_factory=dict)
    tool_versions: Mapping[str, str] = field(default_factory=dict)
    found: Mapping[str, Any] = field(default_factory=dict)
    changed: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The document."""
        return {
            "schemaVersion": SCHEMA_VERSION,
            "name": self.name,
            "version": self.version,
            "createdAt": self.created_at,
            "contigs": [contig.as_json() for contig in self.contigs],
            "pieces": {
                str(piece): [item.as_json() for item in items]
                for piece, items in self.pieces.items()
            },
            "sources": {str(piece): item.as_json() for piece, item in self.sources.items()},
            "options": dict(self.options),
            "toolVersions": dict(self.tool_versions),
            "found": dict(self.found),
            "changed": list(self.changed),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read a document that is valid by the schema.

        Raises:
            ValueError: it is of another version of the schema.
        """
        if document["schemaVersion"] != SCHEMA_VERSION:
            raise ValueError(
                f"the manifest has schema version {document['schemaVersion']}, and this version "
                f"reads {SCHEMA_VERSION}: prepare the reference again"
            )
        return cls(
            name=document["name"],
            version=document["version"],
            created_at=document["createdAt"],
            contigs=tuple(map(ReferenceContig.from_json, document["contigs"])),
            pieces={
                Piece(piece): tuple(map(ReferenceObject.from_json, items))
                for piece, items in document["pieces"].items()
            },
            sources={
                Piece(piece): ReferenceObject.from_json(item)
                for piece, item in document["sources"].items()
            },
            options=document["options"],
            tool_versions=document["toolVersions"],
            found=document["found"],
            changed=tuple(document["changed"]),
        )


def content_version(
    sources: Mapping[Piece, str], options: Mapping[str, Any], images: Mapping[str, str]
) -> str:
    """The version of a reference: equal for the same content at any location.

    Args:
        sources: the identity of the content of each of its sources, by part.
        options: the user's options that it depends on, such as the aligners.
        images: the container image of each step: another version of a tool makes another index.
    """
    document = {
        "schemaVersion": SCHEMA_VERSION,
        "sources": {str(piece): identity for piece, identity in sources.items()},
        "options": options,
        "images": dict(images),
    }
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]
