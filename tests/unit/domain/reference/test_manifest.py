import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from seqstack.domain.reference.manifest import (
    Piece,
    ReferenceContig,
    ReferenceManifest,
    ReferenceObject,
    content_version,
)
from seqstack.domain.s3uri import S3Uri

SCHEMA: dict[str, Any] = json.loads(
    files("seqstack.domain.reference").joinpath("manifest.schema.json").read_text()
)

IMAGES = {"indexBwa": "bwa@sha256:0"}


def stored(name: str) -> ReferenceObject:
    return ReferenceObject(S3Uri.parse(f"s3://bucket/references/x/{name}"), 9, "0" * 64)


def manifest() -> ReferenceManifest:
    return ReferenceManifest(
        name="GRCh38",
        version=content_version({Piece.FASTA: "0" * 64}, {"aligners": ["bwa"]}, IMAGES),
        created_at="2026-01-31T12:00:00Z",
        contigs=(
            ReferenceContig("chr1", 248_956_422, "2648ae1bacce4ec4b6cf337dcae37816", 1),
            ReferenceContig("chrM", 16_569, "c68f52674c9fb33aef52dcf399755519", 2),
            ReferenceContig(
                "HLA-A*01:01:01:01", 3_503, "01cd0df602495b044b2c214d69a60aa2", 1, True
            ),
        ),
        pieces={
            Piece.FASTA: (stored("genome.fa"),),
            Piece.FASTA_INDEX: (stored("genome.fa.fai"),),
            Piece.DICTIONARY: (stored("genome.dict"),),
            Piece.BWA_INDEX: (stored("genome.fa.bwt"), stored("genome.fa.ann")),
        },
        sources={Piece.FASTA: stored("source.fa.gz")},
        options={"aligners": ["bwa"]},
        tool_versions={"bwa": "0.7.18"},
        found={"iupacBases": 0},
        changed=("unpacked",),
    )


def test_manifest_is_what_its_schema_says_and_comes_back_the_same() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    document = json.loads(json.dumps(manifest().as_json()))

    Draft202012Validator(SCHEMA).validate(document)

    assert ReferenceManifest.from_json(document) == manifest()


def test_schema_knows_every_piece() -> None:
    assert SCHEMA["$defs"]["piece"]["enum"] == list(Piece)


def test_manifest_of_another_version_of_the_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="prepare the reference again"):
        ReferenceManifest.from_json({**manifest().as_json(), "schemaVersion": 2})


def test_content_version_is_of_the_content_alone() -> None:
    sources = {Piece.FASTA: "a" * 64, Piece.ANNOTATION: "b" * 64}
    bwa = {"aligners": ["bwa"]}
    version = content_version(sources, bwa, IMAGES)

    assert content_version(dict(reversed(sources.items())), bwa, IMAGES) == version
    assert content_version(sources, {"aligners": ["minimap2"]}, IMAGES) != version
    assert content_version({**sources, Piece.FASTA: "c" * 64}, bwa, IMAGES) != version
    assert content_version(sources, bwa, {"indexBwa": "bwa@sha256:1"}) != version
