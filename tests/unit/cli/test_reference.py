"""`seqstack reference`, and runs that name one."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.errors import ExitCode
from cli.session import Session
from cli.uploads import uploaded
from tests.unit.cli import runs
from tests.unit.cli.runs import RUN_ID
from tests.unit.cli.scripted_api import ScriptedApi, SeqStack, answer, problem
from tests.unit.cli.test_uploads import Bucket, unseen

VERSION = "0123456789abcdef0123456789abcdef"
READS = (
    "--sample", "NA12878",
    "--fastq1", "s3://reads/L1_1.fastq.gz", "--fastq2", "s3://reads/L1_2.fastq.gz",
)  # fmt: skip
SENT = {
    "sampleId": "NA12878",
    "fastq1S3Path": ["s3://reads/L1_1.fastq.gz"],
    "fastq2S3Path": ["s3://reads/L1_2.fastq.gz"],
}


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    s3 = Bucket()

    def send(_session: Session, document: Any, **options: Any) -> dict[str, Any]:
        return uploaded(document, "stack", s3, unseen, **options)

    monkeypatch.setattr(Session, "send_files", send)
    return s3


def test_prepare_sends_what_was_given(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on("POST /references", answer(201, runs.summary(workflow="prepare_reference")))

    ended = seqstack(
        "reference", "prepare", "GRCh38", "--fasta", "s3://refs/genome.fa.gz",
        "--annotation", "s3://refs/genes.gff3", "--targets", "s3://refs/exome.bed",
        "--sites", "s3://refs/common.vcf.gz",
        "--alt", "s3://refs/genome.fa.alt", "--aligner", "bwa", "--aligner", "minimap2",
        "--genetic-code", "chrM=2", "--leave-out", "KI27*", "--project", "core",
        "--fail-on-warnings", "--idempotency-key", "k",
    )  # fmt: skip

    assert ended.exit_code == ExitCode.OK, ended.output
    assert f"seqstack status {RUN_ID} --watch" in ended.stdout
    assert api.asked[0].body == {
        "name": "GRCh38",
        "referenceS3Path": "s3://refs/genome.fa.gz",
        "annotationS3Path": "s3://refs/genes.gff3",
        "targetRegionsS3Path": "s3://refs/exome.bed",
        "sitesS3Path": "s3://refs/common.vcf.gz",
        "altS3Path": "s3://refs/genome.fa.alt",
        "aligners": ["bwa", "minimap2"],
        "geneticCodes": {"chrM": 2},
        "annotationLeftOut": ["KI27*"],
        "project": "core",
        "failOnWarnings": True,
    }
    assert api.asked[0].headers["Idempotency-Key"] == "k"


def test_prepare_sends_files_of_this_machine_without_any_index(
    api: ScriptedApi, seqstack: SeqStack, bucket: Bucket, tmp_path: Path
) -> None:
    api.on("POST /references", answer(201, runs.summary()))
    api.on(f"GET /runs/{RUN_ID}", runs.succeeded())
    for name in ("genome.fa", "exome.bed", "common.vcf", "genome.alt"):
        (tmp_path / name).write_text(name)

    ended = seqstack(
        "reference", "prepare", "GRCh38", "--fasta", f"{tmp_path}/genome.fa",
        "--targets", f"{tmp_path}/exome.bed", "--sites", f"{tmp_path}/common.vcf",
        "--alt", f"{tmp_path}/genome.alt", "--watch",
    )  # fmt: skip

    assert ended.exit_code == ExitCode.OK, ended.output
    assert bucket.sent == ["genome.fa", "exome.bed", "common.vcf", "genome.alt"]
    sent = api.asked[0].body
    for key, name in (("referenceS3Path", "genome.fa"), ("targetRegionsS3Path", "exome.bed")):
        assert bucket.objects[sent[key].removeprefix("s3://stack/")] == name.encode()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("prepare", f"GRCh38/{VERSION}", "--fasta", "s3://a/b"), "names a version"),
        (("prepare", "a b", "--fasta", "s3://a/b"), "can't name a reference"),
        (("prepare", "x", "--fasta", "none.fa"), "neither a file nor an S3 URI"),
        (("prepare", "x", "--fasta", "s3://a/b", "--aligner", "star"), "is not one of"),
        (("prepare", "x", "--fasta", "s3://a/b", "--genetic-code", "2"), "as in chrM=2"),
        (("show", "GRCh38/1"), "can't name a reference"),
        (("delete", "GRCh38", "--yes"), "names no version; give NAME/VERSION"),
    ],
)
def test_what_can_not_be_meant_asks_nobody(
    api: ScriptedApi, seqstack: SeqStack, bucket: Bucket, arguments: tuple[str, ...], said: str
) -> None:
    ended = seqstack("reference", *arguments)

    assert ended.exit_code == ExitCode.USAGE
    assert said in " ".join(ended.stderr.split())
    assert api.asked == []


def test_list_has_a_row_for_each_version(api: ScriptedApi, seqstack: SeqStack) -> None:
    old = runs.reference_version(
        version="f" * 32, createdAt=None, contigCount=None, bases=None, aligners=[], pieces=[],
        hasTargets=False, problem="prepare it again",
    )  # fmt: skip
    found = {"references": [{"name": "GRCh38", "versions": [runs.reference_version(), old]}]}
    api.on("GET /references", found)

    ended = seqstack("reference", "list")

    _, first, second = (line.split() for line in ended.stdout.splitlines())
    assert first == [
        *("GRCh38", VERSION, "2026-01-31", "12:00:00", "194", "3.1", "Gbp"),
        *("bwa,", "minimap2", "yes", "yes"),
    ]
    assert second == ["GRCh38", "f" * 32, "prepare", "it", "again"]
    assert json.loads(seqstack("reference", "list", "--json").stdout) == found


def test_list_of_none_says_so(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on("GET /references", {"references": []})

    ended = seqstack("reference", "list")

    assert (ended.stdout, ended.stderr) == ("", "There are no references.\n")


def test_show_tells_what_was_found_and_changed(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on("GET /references/GRCh38", runs.reference())
    api.on(f"GET /references/GRCh38/{VERSION}", runs.reference())

    ended = seqstack("reference", "show", "GRCh38")

    assert ended.stdout.splitlines() == [
        f"Reference GRCh38/{VERSION}: 194 contigs, 3.1 Gbp, made 2026-01-31 12:00:00",
        "Aligners: bwa, minimap2",
        "Targets: yes",
        "Sites: yes",
        'Found: targets: {"regions": 2, "bases": 900}',
        "Changed: the FASTA was unpacked",
        'Option: geneticCodes: {"chrM": 2}',
        "Source: fasta: s3://source/genome.fa.gz",
        "Made by: bwa 0.7.18",
        "piece     objects     size  first object",
        "fasta           1  2.0 KiB  s3://results/references/x",
        "bwaIndex        2  4.0 KiB  s3://results/references/x",
        "sites           1  2.0 KiB  s3://results/references/x",
    ]
    assert seqstack("reference", "show", f"GRCh38/{VERSION}").stdout == ended.stdout
    assert json.loads(seqstack("reference", "show", "GRCh38", "--json").stdout) == runs.reference()


@pytest.mark.parametrize(
    ("options", "typed", "code"),
    [
        ((), "y\n", ExitCode.OK),
        (("--yes",), None, ExitCode.OK),
        ((), "n\n", ExitCode.INTERRUPTED),
        ((), "", ExitCode.INTERRUPTED),
    ],
)
def test_delete_asks_before_it_does(
    api: ScriptedApi, seqstack: SeqStack, options: tuple[str, ...], typed: str, code: ExitCode
) -> None:
    deleted = {"name": "GRCh38", "version": VERSION, "objects": 12}
    api.on(f"DELETE /references/GRCh38/{VERSION}", deleted)

    ended = seqstack("reference", "delete", f"GRCh38/{VERSION}", *options, stdin=typed)

    assert ended.exit_code == code
    assert bool(api.asked) == (code is ExitCode.OK)
    if code is ExitCode.OK:
        assert ended.stdout.endswith(f"Deleted GRCh38/{VERSION}: 12 objects.\n")
    else:
        assert "Nothing was deleted" in ended.stderr


def test_refusals_advise_commands_about_references(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on("GET /references/x", problem(404, "there is no reference x"))
    api.on(f"DELETE /references/x/{VERSION}", problem(409, "x is in use: run r reads it"))

    absent = seqstack("reference", "show", "x")
    used = seqstack("reference", "delete", f"x/{VERSION}", "--yes")

    assert (absent.exit_code, used.exit_code) == (ExitCode.NOT_FOUND, ExitCode.CONFLICT)
    assert "`seqstack reference list` shows the references" in absent.stderr
    assert "`seqstack list --state running` shows the running runs" in used.stderr


@pytest.mark.parametrize("name", ["GRCh38", f"GRCh38/{VERSION}"])
def test_run_by_name_sends_the_name_that_is_known(
    api: ScriptedApi, seqstack: SeqStack, name: str
) -> None:
    api.on(f"GET /references/{name}", runs.reference())
    api.on("POST /runs", answer(201, runs.summary()))

    ended = seqstack("run", *READS, "--reference", name)

    assert ended.exit_code == ExitCode.OK, ended.output
    assert api.asked[-1].body == SENT | {"reference": name}


def test_run_by_a_name_that_nobody_knows_sends_nothing(
    api: ScriptedApi, seqstack: SeqStack, bucket: Bucket, tmp_path: Path
) -> None:
    (tmp_path / "r1.fq.gz").write_text("reads")
    api.on("GET /references/genome.fa", problem(404, "there is no reference genome.fa"))

    ended = seqstack(
        "run", "--sample", "s", "--fastq1", f"{tmp_path}/r1.fq.gz", "--fastq2", "s3://a/b",
        "--reference", "genome.fa",
    )  # fmt: skip

    assert ended.exit_code == ExitCode.NOT_FOUND
    assert "genome.fa is no local file; there is no reference genome.fa" in ended.stderr
    assert (bucket.sent, len(api.asked)) == ([], 1)


def test_run_takes_a_file_before_a_reference_of_its_name(
    api: ScriptedApi,
    seqstack: SeqStack,
    bucket: Bucket,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for suffix in ("", ".fai", ".amb", ".ann", ".bwt", ".pac", ".sa"):
        Path(f"GRCh38{suffix}").write_text("x")
    api.on("POST /runs", answer(201, runs.summary()))

    ended = seqstack("run", *READS, "--reference", "GRCh38")

    assert ended.exit_code == ExitCode.OK, ended.output
    assert api.asked[0].body["referenceS3Path"].endswith("/GRCh38")
    assert "reference" not in api.asked[0].body


def test_reference_replaces_the_files_by_whichever_key(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on("GET /references/GRCh38", runs.reference())
    api.on("POST /runs", answer(201, runs.summary()))
    by_path = json.dumps(SENT | {"referenceS3Path": "s3://refs/genome.fa"})
    by_name = json.dumps(SENT | {"reference": "GRCh37"})

    seqstack("run", "--input", "-", "--reference", "GRCh38", stdin=by_path)
    seqstack("run", "--input", "-", "--reference", "s3://refs/genome.fa", stdin=by_name)
    seqstack("run", "--input", "-", stdin=by_name)

    bodies = [asked.body for asked in api.asked if asked.body]
    assert bodies == [
        SENT | {"reference": "GRCh38"},
        SENT | {"referenceS3Path": "s3://refs/genome.fa"},
        SENT | {"reference": "GRCh37"},
    ]


def test_status_shows_the_reference_of_a_run(api: ScriptedApi, seqstack: SeqStack) -> None:
    of_none = {key: each for key, each in runs.succeeded().items() if key != "reference"}
    api.on(f"GET /runs/{RUN_ID}", runs.succeeded() | {"reference": f"GRCh38/{VERSION}"}, of_none)

    assert f"\nReference: GRCh38/{VERSION}\n" in seqstack("status", RUN_ID).stdout
    assert "Reference" not in seqstack("status", RUN_ID).stdout  # of an API that tells none
