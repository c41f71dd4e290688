"""`prepare_reference` with real tools: what it makes, and runs that name what it has made."""

import gzip
import io
import json
import tarfile
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pysam
import pytest

from demo.evaluation.evaluate import Bounds, RunFiles, evaluate
from demo.exome.generate import DemoExome
from emulator.watch import fetch_results
from seqstack.adapters.ledger import Ledger
from tests.harness.emulator import Emulator
from tests.support.api_client import ApiClient
from tests.support.waiting import until

pytestmark = pytest.mark.long

SOURCES = "local-inputs"


class Bench:
    """An emulator with the exome's files in a bucket."""

    def __init__(self, emulator: Emulator, exome: DemoExome) -> None:
        self.emulator, self.exome = emulator, exome
        self.s3 = emulator.client("s3")
        self.s3.create_bucket(Bucket=SOURCES)
        self.results_bucket = emulator.outputs["ResultsBucketName"]
        self.ledger = Ledger(emulator.outputs["LedgerTableName"], emulator.resource("dynamodb"))

    def upload(self, name: str, content: bytes) -> str:
        self.s3.put_object(Bucket=SOURCES, Key=name, Body=content)
        return f"s3://{SOURCES}/{name}"

    def run(self, run_id: str, document: dict[str, Any], workflow: str) -> dict[str, Any]:
        machine = "".join(map(str.capitalize, workflow.split("_")))
        client = self.emulator.client("stepfunctions")
        arn = client.start_execution(
            stateMachineArn=self.emulator.outputs[f"{machine}StateMachineArn"],
            name=run_id,
            input=json.dumps(document),
        )["executionArn"]
        while (ended := client.describe_execution(executionArn=arn))["status"] == "RUNNING":
            time.sleep(0.2)
        return dict(ended)

    def run_by_api(self, document: dict[str, Any]) -> str:
        """The id of a run that was started through the API, and has succeeded."""
        api = ApiClient.of(self.emulator)
        started = api.post("/runs", document)
        assert started.status == HTTPStatus.CREATED, started.text
        run_id = str(started.json["runId"])
        shown = until(
            lambda: api.get(f"/runs/{run_id}").json, lambda run: run["state"] != "RUNNING"
        )
        assert shown["state"] == "SUCCEEDED", shown["failure"]
        return run_id

    def prepare(self, run_id: str, **document: Any) -> dict[str, Any]:
        return self.run(run_id, document, "prepare_reference")

    def read(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return bytes(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    def manifest(self, run_id: str) -> dict[str, Any]:
        folder = self.ledger.history(run_id).run.results_folder
        return dict(json.loads(self.read(f"s3://{folder}manifest.json")))


@pytest.fixture(scope="module")
def bench(pytestconfig: pytest.Config, exome: DemoExome) -> Iterator[Bench]:
    template = pytestconfig.rootpath / ".aws-sam/build/template.yaml"
    with Emulator(
        template, {"InputBuckets": f"arn:aws:s3:::{SOURCES}"}, check_permissions=True
    ) as emulator:
        yield Bench(emulator, exome)
        check_job_roles(emulator)


def check_job_roles(emulator: Emulator) -> None:
    """Nothing was refused, and the roles of these jobs allow next to nothing in vain."""
    permissions = emulator.permissions
    bucket = f"arn:aws:s3:::{emulator.outputs['ResultsBucketName']}"
    roles = [emulator.resources[f"{name}ReferenceJobRole"] for name in ("Check", "Index")]
    unused = {idle for role in roles for idle in permissions.unused(role)}
    assert {str(refusal) for refusal in permissions.refused} == set()
    assert unused == {
        # of an upload that fails
        ("WriteReference", "s3:AbortMultipartUpload"),
        ("WriteIndexes", "s3:AbortMultipartUpload"),
        ("WriteIndexes", f"{bucket}/references/*/sorted-reference.xml"),  # Isaac's
        ("ReadOwnInputs", f"{bucket}/inputs/*"),  # the sources lie in a bucket of their own
    }


@pytest.fixture(scope="module")
def sources(bench: Bench) -> dict[str, str]:
    exome = bench.exome
    return {
        "referenceS3Path": bench.upload(
            "genome.fa.gz", gzip.compress(exome.reference.read_bytes(), 1, mtime=0)
        ),
        "annotationS3Path": bench.upload("genes.gff3", exome.annotation.read_bytes()),
        "targetRegionsS3Path": bench.upload(
            "targets.bed", b"track name=x\nchr1\t500\t900\nchr1\t100\t600\nchr1\t2000\t2100\n"
        ),
        "sitesS3Path": bench.upload("common.vcf.gz", common_sites(exome)),
    }


def snvs(exome: DemoExome) -> list[tuple[str, int, str, str, bool]]:
    """The planted SNVs: contig, position, both bases, and whether the sample is heterozygous."""
    with pysam.VariantFile(str(exome.truth)) as truth:
        return [
            (each.chrom, each.pos, each.ref, each.alts[0], len(set(each.samples[0]["GT"])) > 1)
            for each in truth
            if each.ref and each.alts and len(each.ref) == len(each.alts[0]) == 1
        ]


def common_sites(exome: DemoExome) -> bytes:
    """The planted SNVs, last ones first, and sites beside them at which the sample has no other
    base.
    """
    with pysam.FastaFile(str(exome.reference)) as fasta:
        rows = [(chrom, at, ref, alt) for chrom, at, ref, alt, _ in snvs(exome)]
        for chrom, at, *_ in [*rows]:
            base = fasta.fetch(chrom, at + 3, at + 4)
            rows.append((chrom, at + 4, base, "A" if base != "A" else "C"))
    lines = [f"{chrom}\t{at}\t.\t{ref}\t{alt}\t.\t.\t.\n" for chrom, at, ref, alt in reversed(rows)]
    return gzip.compress("".join(["##fileformat=VCFv4.2\n", *lines]).encode(), mtime=0)


@pytest.fixture(scope="module")
def prepared(bench: Bench, sources: dict[str, str]) -> dict[str, Any]:
    ended = bench.prepare("first", name="demo", aligners=["bwa", "minimap2"], **sources)
    assert ended["status"] == "SUCCEEDED", ended.get("cause")
    return bench.manifest("first")


def test_manifest_has_contigs_pieces_and_what_was_changed(
    bench: Bench, prepared: dict[str, Any]
) -> None:
    with pysam.FastaFile(str(bench.exome.reference)) as fasta:
        lengths = dict(zip(fasta.references, fasta.lengths, strict=True))

    assert {each["name"]: each["length"] for each in prepared["contigs"]} == lengths
    assert prepared["pieces"].keys() == {
        *("fasta", "fastaIndex", "dictionary", "bwaIndex", "minimap2Index"),
        *("annotation", "snpEffDatabase", "targets", "targetsIndex", "sites", "sitesIndex"),
    }
    for objects in prepared["pieces"].values():
        for each in objects:
            assert len(bench.read(each["uri"])) == each["bytes"]
    assert prepared["found"]["targets"] == {"regions": 2, "bases": 900}
    assert prepared["changed"][0] == "the FASTA was unpacked"
    assert prepared["toolVersions"].keys() >= {"bwa", "minimap2", "samtools", "snpEff"}


def test_database_holds_no_source(bench: Bench, prepared: dict[str, Any]) -> None:
    (archive,) = prepared["pieces"]["snpEffDatabase"]
    with tarfile.open(fileobj=io.BytesIO(bench.read(archive["uri"]))) as file:
        names = file.getnames()

    assert "snpEff.config" in names
    assert not [name for name in names if name.endswith((".fa", ".gff", ".gtf"))]


def test_preparing_the_same_content_again_runs_no_job(
    bench: Bench, sources: dict[str, str], prepared: dict[str, Any]
) -> None:
    copy = bench.upload("elsewhere/genome.fa.gz", bench.read(sources["referenceS3Path"]))
    again = {**sources, "referenceS3Path": copy}
    ended = bench.prepare("again", name="demo", aligners=["minimap2", "bwa"], **again)

    assert ended["status"] == "SUCCEEDED", ended.get("cause")
    assert bench.ledger.history("again").jobs == ()
    assert bench.manifest("again") == prepared


def test_run_by_name_is_pinned_and_right(
    bench: Bench, prepared: dict[str, Any], tmp_path: Path
) -> None:
    reads = {
        f"fastq{side}S3Path": bench.upload(f"R{side}.fastq.gz", path.read_bytes())
        for side, path in ((1, bench.exome.fastq1[0]), (2, bench.exome.fastq2[0]))
    }
    # the reference's targets are not those of the exome: a genome is called outside of them, too
    document = {"sampleId": "s", **reads, "reference": "demo", "sequencing": "genome"}
    run_id = bench.run_by_api(document | {"bcftools": {}})

    history = bench.ledger.history(run_id)
    assert history.run.reference == f"demo/{prepared['version']}"
    fetch_results(bench.emulator.client("s3"), bench.ledger, run_id, tmp_path / "s")
    assert Bounds().missed_by(evaluate(bench.exome, RunFiles.of(tmp_path / "s"))) == ()
    with pysam.VariantFile(str(tmp_path / "s/qc/fingerprint.vcf.gz")) as fingerprint:
        genotypes = {(each.chrom, each.pos): each.samples["s"]["GT"] for each in fingerprint}
    planted = {
        (chrom, at): (0, 1) if is_het else (1, 1) for chrom, at, _, _, is_het in snvs(bench.exome)
    }
    assert len(genotypes) == prepared["found"]["sites"] == 2 * len(planted)
    known = {place for place, alleles in genotypes.items() if None not in alleles}
    assert len(known) > 0.9 * len(genotypes)
    assert {place: genotypes[place] for place in known} == {
        place: planted.get(place, (0, 0)) for place in known
    }
    annotate = json.loads((tmp_path / "s/provenance/annotate.json").read_text())
    assert not [each for each in annotate["commands"] if "build" in each["argv"]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reference": "other"}, "is no prepared reference (there are demo)"),
        ({"isaac": {}}, "has no index for isaac, only for bwa, minimap2"),
        ({"annotationS3Path": "s3://local-inputs/genes.gff3"}, "comes with the reference demo"),
        ({"reference": "a b"}, "is not allowed here"),
    ],
)
def test_run_that_can_not_have_the_reference_is_refused(
    bench: Bench, prepared: dict[str, Any], change: dict[str, Any], said: str
) -> None:
    reads = {f"fastq{side}S3Path": f"s3://{SOURCES}/R{side}.fastq.gz" for side in (1, 2)}
    document = {"sampleId": "s", **reads, "reference": "demo", "bcftools": {}, **change}
    ended = bench.run(f"refused-{abs(hash(said))}", document, "secondary_analysis")

    assert ended["status"] == "FAILED"
    assert said in ended["cause"]


@pytest.mark.parametrize(
    ("source", "content", "said"),
    [
        ("targetRegionsS3Path", b"chr1\t5\t99999999\n", "line 1: the region ends at 99,999,999"),
        ("targetRegionsS3Path", b"1\t5\t9\n", "line 1: the FASTA has no contig '1'"),
        ("targetRegionsS3Path", b"chr1\t9\t9\n", "line 1: the region begins at 9 and ends at 9"),
        ("sitesS3Path", b"2\t5\t.\tA\tC\n", "line 1: the FASTA has no contig '2'"),
        ("sitesS3Path", b"#\nchr1\t5\t.\tA\tAC\n", "line 2: A to 'AC' is not a biallelic SNV"),
        ("altS3Path", b"chr9_alt\t0\n", "line 1: the FASTA has no contig 'chr9_alt'"),
    ],
)
def test_source_that_does_not_fit_is_refused_by_the_first_job(
    bench: Bench, sources: dict[str, str], source: str, content: bytes, said: str
) -> None:
    given = {**sources, source: bench.upload(f"bad/{source}", content)}
    run_id = f"bad-{abs(hash(said))}"
    ended = bench.prepare(run_id, name="bad", **given)

    assert ended["status"] == "FAILED"
    assert said in ended["cause"]
    assert [job.key.step for job in bench.ledger.history(run_id).jobs] == ["checkReference"]
