"""Prepared references in S3, without their preparation."""

import json
from typing import Any

from seqstack.domain.reference.layout import ReferenceLayout
from seqstack.domain.reference.manifest import (
    Piece,
    ReferenceContig,
    ReferenceManifest,
    ReferenceObject,
)
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.bwa import BWA_INDEX_FILES
from tests.support.small_reads import input_body

VERSION = "0123456789abcdef0123456789abcdef"
OTHER_VERSION = "f" * 32


def prepared(bucket: str, name: str, version: str = VERSION, **changes: Any) -> ReferenceManifest:
    """A reference of two contigs with bwa's index and genes."""
    layout = ReferenceLayout(bucket, name, version)
    fasta = ReferenceObject(layout.fasta, 100, "1" * 64)
    index = (
        ReferenceObject(layout.fasta.with_suffix(suffix), 10, "2" * 64)
        for suffix in BWA_INDEX_FILES.suffixes
    )
    genes = layout.annotation(S3Uri("source", "genes.gff3"))
    given: dict[str, Any] = {
        "contigs": (
            ReferenceContig("chr1", 1_000_000, "2648ae1bacce4ec4b6cf337dcae37816", 1),
            ReferenceContig("chrM", 16_569, "c68f52674c9fb33aef52dcf399755519", 2),
        ),
        "pieces": {
            Piece.FASTA: (fasta,),
            Piece.FASTA_INDEX: (ReferenceObject(layout.fasta.with_suffix(".fai"), 9, "3" * 64),),
            Piece.BWA_INDEX: tuple(index),
            Piece.ANNOTATION: (ReferenceObject(genes, 50, "5" * 64),),
        },
        "sources": {Piece.FASTA: ReferenceObject(S3Uri("source", "genome.fa.gz"), 30, "4" * 64)},
        "tool_versions": {"bwa": "0.7.18"},
        "found": {"iupacBases": 0},
        "changed": ("the FASTA was unpacked",),
    }
    return ReferenceManifest(name, version, "2026-01-31T12:00:00.000Z", **{**given, **changes})


def put_reference(s3: Any, manifest: ReferenceManifest) -> ReferenceLayout:
    """Put its objects into S3, the manifest last; gives where they lie."""
    objects = [item for items in manifest.pieces.values() for item in items]
    for item in objects:
        s3.put_object(Bucket=item.uri.bucket, Key=item.uri.key, Body=input_body(item.uri.key))
    bucket = objects[0].uri.bucket
    layout = ReferenceLayout(bucket, manifest.name, manifest.version)
    body = json.dumps(manifest.as_json())
    s3.put_object(Bucket=bucket, Key=layout.manifest.key, Body=body.encode())
    return layout
