"""A sample of this machine: what is uploaded, and the inputs of the workflows."""

import gzip
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from emulator.local_sample import LocalSample
from emulator.staging import (
    INPUTS,
    StagedReference,
    has_indexes,
    preparing_tools,
    stage_reads,
    stage_reference,
)
from seqstack.domain.sequencing import Sequencing
from seqstack.tools.registry import Tool


@dataclass
class FakeS3:
    """What was uploaded, by key."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def upload_file(self, path: str, _bucket: str, key: str) -> None:
        self.objects[key] = Path(path).read_bytes()


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


@dataclass(frozen=True)
class Staged:
    document: dict[str, Any]
    preparation: dict[str, Any] | None


def staged(sample: LocalSample, s3: FakeS3, tmp_path: Path) -> Staged:
    reference: StagedReference = stage_reference(sample, s3, INPUTS)
    document = stage_reads(sample, s3, INPUTS, tmp_path / "work") | reference.keys
    return Staged(document, reference.preparation)


def test_lanes_of_the_same_file_name_are_kept_apart(
    sample: LocalSample, s3: FakeS3, tmp_path: Path
) -> None:
    document = staged(sample, s3, tmp_path).document

    uris = (*document["fastq1S3Path"], *document["fastq2S3Path"])
    sent = [gzip.decompress(s3.objects[uri.split("/", 3)[3]]).decode() for uri in uris]
    assert sent == [path.read_text() for path in (*sample.fastq1, *sample.fastq2)]


def test_reference_with_its_indexes_is_used_as_it_is(
    sample: LocalSample, s3: FakeS3, tmp_path: Path
) -> None:
    made = staged(sample, s3, tmp_path)

    assert made.preparation is None
    assert made.document["referenceS3Path"] == "s3://local-inputs/reference/genome.fa"
    assert {"reference/genome.fa.fai", "reference/genome.fa.sa"} <= s3.objects.keys()
    assert preparing_tools(sample) == []


def without_index(sample: LocalSample) -> LocalSample:
    sample.reference.with_name("genome.fa.sa").unlink()
    return sample


def with_older_index(sample: LocalSample) -> LocalSample:
    os.utime(sample.reference.with_name("genome.fa.sa"), (1, 1))
    return sample


def gzipped(sample: LocalSample) -> LocalSample:
    packed = sample.reference.with_name("genome.fa.gz")
    packed.write_bytes(gzip.compress(sample.reference.read_bytes()))
    return replace(sample, reference=packed)


@pytest.mark.parametrize("change", [without_index, with_older_index, gzipped])
def test_reference_without_usable_indexes_is_prepared(
    sample: LocalSample, s3: FakeS3, tmp_path: Path, change: Any
) -> None:
    changed = replace(change(sample), genetic_codes={"chrM": 2}, left_out=("chrUn*",))
    made = staged(changed, s3, tmp_path)

    assert made.preparation == {
        "name": "genome",
        "aligners": ["bwa"],
        "referenceS3Path": f"s3://local-inputs/reference/{changed.reference.name}",
        "annotationS3Path": "s3://local-inputs/annotation/genome.gff3",
        "geneticCodes": {"chrM": 2},
        "annotationLeftOut": ["chrUn*"],
    }
    assert made.document["reference"] == "genome"
    assert made.document.keys().isdisjoint(made.preparation.keys() - {"name"})
    assert preparing_tools(changed) == [
        *(Tool.REFERENCE_CHECK, Tool.BWA_INDEX, Tool.SNPEFF_DATABASE)
    ]


def test_isaac_reads_a_prepared_reference(sample: LocalSample, s3: FakeS3, tmp_path: Path) -> None:
    isaac = replace(sample, aligner=Tool.ISAAC, annotation=None, database="GRCh38.99")
    made = staged(isaac, s3, tmp_path)

    assert made.preparation is not None
    assert made.preparation["aligners"] == ["isaac"]
    assert made.document["snpEff"] == {"cmdArgs": "GRCh38.99"}
    assert preparing_tools(isaac) == [Tool.REFERENCE_CHECK, Tool.ISAAC_INDEX]


@pytest.mark.parametrize("aligner", [Tool.BWA, Tool.MINIMAP2])
def test_list_of_alternative_contigs_beside_the_reference_is_sent(
    sample: LocalSample, s3: FakeS3, tmp_path: Path, aligner: Tool
) -> None:
    sample.reference.with_name("genome.fa.alt").write_text("chr1_alt\t0\n")
    made = staged(replace(sample, aligner=aligner), s3, tmp_path)

    assert "reference/genome.fa.alt" in s3.objects
    sent = (made.preparation or {}).get("altS3Path")
    assert sent == (None if has_indexes(sample) and aligner is Tool.BWA else ALT)


ALT = "s3://local-inputs/reference/genome.fa.alt"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("my genome.fa", "my_genome"),
        ("GRCh38.p14.fna.gz", "GRCh38.p14"),
        ("_x.fa", "r_x"),
        (f"{'long' * 30}.fa", "long" * 16),
        ("genome", "genome"),
    ],
)
def test_prepared_reference_is_named_by_its_file(
    sample: LocalSample, s3: FakeS3, tmp_path: Path, file: str, name: str
) -> None:
    renamed = replace(sample, reference=sample.reference.rename(tmp_path / file))

    assert staged(renamed, s3, tmp_path).document["reference"] == name


def test_packed_reads_are_the_same_object_each_time(
    sample: LocalSample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [FakeS3(), FakeS3()]
    for now, s3 in enumerate(made):
        monkeypatch.setattr("time.time", lambda now=now: now * 1e6)
        stage_reads(sample, s3, INPUTS, tmp_path / f"work{now}")

    assert made[0].objects == made[1].objects


@pytest.mark.parametrize(
    ("sequencing", "expected"),
    [(None, {}), (Sequencing.EXOME, {"sequencing": "exome"})],
)
def test_document_says_what_the_reads_are_of(
    sample: LocalSample,
    s3: FakeS3,
    tmp_path: Path,
    sequencing: Sequencing | None,
    expected: dict[str, str],
) -> None:
    document = staged(replace(sample, sequencing=sequencing), s3, tmp_path).document

    assert {key: document[key] for key in document if key == "sequencing"} == expected


@pytest.mark.parametrize(("padding", "expected"), [(None, {}), (0, {"targetPadding": 0})])
def test_document_has_the_padding_of_targets_if_it_was_given(
    sample: LocalSample,
    s3: FakeS3,
    tmp_path: Path,
    padding: int | None,
    expected: dict[str, int],
) -> None:
    document = staged(replace(sample, target_padding=padding), s3, tmp_path).document

    assert {key: document[key] for key in document if key == "targetPadding"} == expected


def test_staged_reference_has_the_sites_that_were_given(
    sample: LocalSample, s3: FakeS3, tmp_path: Path
) -> None:
    (sites := tmp_path / "common.vcf").write_text("chr1\t5\t.\tA\tC\n")

    given = staged(replace(sample, sites=sites), s3, tmp_path / "given").document

    assert given["sitesS3Path"].endswith("/sites/common.vcf")
    assert "sitesS3Path" not in staged(sample, s3, tmp_path / "none").document


def test_staged_run_says_that_reads_are_trimmed_and_how(
    sample: LocalSample, s3: FakeS3, tmp_path: Path
) -> None:
    options = "--umi --umi_loc index1"

    usual = staged(sample, s3, tmp_path / "usual").document
    trimmed = staged(replace(sample, trims=True), s3, tmp_path / "trimmed").document
    with_umis = replace(sample, trims=True, fastp_args=options)

    assert trimmed == usual | {"trimReads": True}
    assert staged(with_umis, s3, tmp_path / "umis").document == trimmed | {
        "fastp": {"cmdArgs": options}
    }
