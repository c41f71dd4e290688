"""`seqstack run`: its requests and its output."""

import json
import re
from pathlib import Path

import pytest

from cli.errors import ExitCode
from cli.session import Session
from seqstack.tools.registry import Tool
from tests.unit.cli import runs
from tests.unit.cli.runs import RUN_ID
from tests.unit.cli.scripted_api import ScriptedApi, SeqStack, answer, problem

SAMPLE = (
    "--sample", "NA12878",
    "--fastq1", "s3://reads/L1_1.fastq.gz", "--fastq1", "s3://reads/L2_1.fastq.gz",
    "--fastq2", "s3://reads/L1_2.fastq.gz", "--fastq2", "s3://reads/L2_2.fastq.gz",
    "--reference", "s3://refs/genome.fa",
)  # fmt: skip
DOCUMENT = {
    "sampleId": "NA12878",
    "fastq1S3Path": ["s3://reads/L1_1.fastq.gz", "s3://reads/L2_1.fastq.gz"],
    "fastq2S3Path": ["s3://reads/L1_2.fastq.gz", "s3://reads/L2_2.fastq.gz"],
    "referenceS3Path": "s3://refs/genome.fa",
}


def test_run_from_options_sends_the_input_of_the_state_machine(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on("POST /runs", answer(201, runs.summary()))

    ended = seqstack(
        "run", *SAMPLE, "--annotation", "s3://refs/genes.gff3", "--results", "s3://out/here",
        "--aligner", "isaac", "--caller", "bcftools", "--no-cache", "--requester-pays",
        "--cohort", "trios", "--cohort-size", "3", "--project", "rare/2026", "--submitter", "ana",
    )  # fmt: skip

    assert ended.exit_code == ExitCode.OK, ended.output
    assert f"seqstack status {RUN_ID} --watch" in ended.stdout
    assert api.asked[0].body == DOCUMENT | {
        "annotationS3Path": "s3://refs/genes.gff3",
        "resultsS3Path": "s3://out/here",
        "isaac": {},
        "bcftools": {},
        "cache": False,
        "requesterPays": True,
        "cohortId": "trios",
        "cohortSize": 3,
        "project": "rare/2026",
        "submitter": "ana",
    }


def test_run_without_further_options_leaves_defaults_to_the_stack(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on("POST /runs", answer(201, runs.summary()))

    seqstack("run", *SAMPLE)

    assert api.asked[0].body == DOCUMENT


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        (["--sites", "s3://r/common.vcf"], {"sitesS3Path": "s3://r/common.vcf"}),
        (["--targets", "s3://r/t.bed"], {"targetRegionsS3Path": "s3://r/t.bed"}),
        (["--trim"], {"trimReads": True}),
        (
            ["--fastp-args", "--umi --umi_loc index1"],
            {"fastp": {"cmdArgs": "--umi --umi_loc index1"}},
        ),
    ],
)
def test_option_is_a_key_of_the_input(
    api: ScriptedApi, seqstack: SeqStack, options: list[str], keys: dict[str, object]
) -> None:
    api.on("POST /runs", answer(201, runs.summary()))

    seqstack("run", *SAMPLE, *options)

    assert api.asked[0].body == DOCUMENT | keys


@pytest.mark.parametrize("sequencing", ["exome", "genome"])
def test_run_of_an_exome_or_a_genome_says_so(
    api: ScriptedApi, seqstack: SeqStack, sequencing: str
) -> None:
    api.on("POST /runs", answer(201, runs.summary()))

    seqstack("run", *SAMPLE, f"--{sequencing}")

    assert api.asked[0].body == DOCUMENT | {"sequencing": sequencing}


def test_run_of_another_workflow_sends_the_file_as_it_is_and_names_the_workflow(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on("POST /runs", answer(201, runs.summary()))
    document = {"title": "GRCh38", "fastaS3Path": "s3://refs/genome.fa"}

    ended = seqstack(
        "run", "--workflow", "prepare_reference", "--input", "-", stdin=json.dumps(document)
    )

    assert ended.exit_code == ExitCode.OK, ended.output
    assert api.asked[0].query == {"workflow": "prepare_reference"}
    assert api.asked[0].body == document


def test_run_of_another_workflow_without_a_file_is_refused(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    ended = seqstack("run", "--workflow", "prepare_reference", *SAMPLE)

    assert ended.exit_code == ExitCode.USAGE
    assert "give --input FILE" in ended.stderr
    assert api.asked == []


def test_run_with_a_file_and_options_replaces_its_keys(
    api: ScriptedApi, seqstack: SeqStack, tmp_path: Path
) -> None:
    api.on("POST /runs", answer(201, runs.summary()))
    blocks = {"strelka": {"cmdArgs": "--exome"}, "bwa": {"memory": 60}}
    (tmp_path / "input.json").write_text(json.dumps(DOCUMENT | blocks))

    seqstack("run", "--input", str(tmp_path / "input.json"), "--sample", "NA2", "--caller",
             "bcftools", "--aligner", "bwa", "--database", "hg38")  # fmt: skip

    assert api.asked[0].body == DOCUMENT | {
        "sampleId": "NA2",
        "bwa": {"memory": 60},
        "bcftools": {},
        "snpEff": {"cmdArgs": "hg38"},
    }


def test_run_reads_standard_input(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on("POST /runs", answer(201, runs.summary()))

    ended = seqstack("run", "--input", "-", "--json", stdin=json.dumps(DOCUMENT))

    assert json.loads(ended.stdout) == runs.summary()
    assert api.asked[0].body == DOCUMENT


def test_run_sends_a_key_of_its_own_or_the_one_given(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on("POST /runs", answer(201, runs.summary()))

    seqstack("run", *SAMPLE)
    seqstack("run", *SAMPLE)
    seqstack("run", *SAMPLE, "--idempotency-key", "plate-7-A1")

    keys = [asked.headers["Idempotency-Key"] for asked in api.asked]
    assert len(set(keys)) == 3
    assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{32}", keys[0])
    assert keys[2] == "plate-7-A1"


def test_run_without_what_it_needs_makes_no_request(
    api: ScriptedApi, seqstack: SeqStack, tmp_path: Path
) -> None:
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "twice.json").write_text('{"bwa": {"memory": 1, "memory": 2}}')
    (tmp_path / "nan.json").write_text('{"bwa": {"memory": NaN}}')
    (tmp_path / "latin.json").write_bytes(b'{"sampleId": "\xe9"}')

    for arguments, told in (
        (["--sample", "NA1"], "a run needs --fastq1, --fastq2, --reference"),
        (["--input", str(tmp_path / "none.json")], "No such file"),
        (["--input", str(tmp_path / "list.json")], "does not contain a JSON object"),
        (["--input", str(tmp_path / "broken.json")], "is not JSON"),
        (["--input", str(tmp_path / "deep.json")], "nested too deeply"),
        (["--input", str(tmp_path / "twice.json")], "the key 'memory' twice"),
        (["--input", str(tmp_path / "nan.json")], "NaN is not a number"),
        (["--input", str(tmp_path / "latin.json")], "is not JSON"),
    ):
        ended = seqstack("run", *arguments)
        assert ended.exit_code == ExitCode.USAGE
        assert told in ended.stderr
        assert len(ended.stderr.splitlines()) == 1
    assert api.asked == []


def test_run_with_an_input_that_lacks_a_key_sends_no_file_and_lets_the_api_judge(
    api: ScriptedApi, seqstack: SeqStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "genome.fa").write_text(">1")
    given = DOCUMENT | {"fastq1": ["a"], "referenceS3Path": str(tmp_path / "genome.fa")}
    del given["fastq1S3Path"]
    problems = (("$.fastq1S3Path", "is missing"), ("$.fastq1", "is not a known key"))
    api.on("POST /runs", problem(422, "the input can't be used", *problems))
    sent: list[dict[str, object]] = []
    monkeypatch.setattr(Session, "send_files", lambda _, document, **__: sent.append(document))

    ended = seqstack("run", "--input", "-", stdin=json.dumps(given))

    assert ended.exit_code == ExitCode.USAGE
    assert ended.stderr.splitlines()[1:] == [
        "  $.fastq1S3Path: is missing",
        "  $.fastq1: is not a known key",
    ]
    assert (api.asked[0].body, sent) == (given, [])


def test_run_that_is_interrupted_while_it_sends_files_says_that_nothing_was_started(
    api: ScriptedApi, seqstack: SeqStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Session, "send_files", interrupted)

    ended = seqstack("run", *SAMPLE, "--annotation", "genes.gff3")

    assert ended.exit_code == ExitCode.INTERRUPTED
    assert ended.stderr == (
        "Files were still being uploaded; nothing was started.\n"
        "  Files that were uploaded whole are kept, and are not sent again.\n"
    )
    assert api.asked == []


@pytest.mark.parametrize(
    ("options", "is_here", "code"),
    [
        (("--local",), False, ExitCode.USAGE),
        (("--local",), True, ExitCode.OK),
        (("--local", "--caller", "strelka"), False, ExitCode.OK),
        (("--local", "--caller", "bcftools"), False, ExitCode.OK),
        ((), False, ExitCode.OK),
    ],
)
def test_run_here_without_a_caller_needs_the_default_one_on_this_machine(
    api: ScriptedApi,
    seqstack: SeqStack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    is_here: bool,
    code: ExitCode,
) -> None:
    if is_here:
        for program in Tool.STRELKA.definition.programs:
            (tmp_path / program.file).touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    api.on("POST /runs", answer(201, runs.summary()))

    ended = seqstack("run", *SAMPLE, *options)

    assert ended.exit_code == code
    assert ("give --caller bcftools" in ended.stderr) == (code is ExitCode.USAGE)
    assert bool(api.asked) == (code is ExitCode.OK)


def test_run_with_an_input_that_is_refused_names_each_field(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    detail = "the input can't be used; nothing was started"
    api.on("POST /runs", problem(422, detail, ("$.bwa.memory", "0 is less than 1"), ("$.x", "no")))

    ended = seqstack("run", *SAMPLE)

    assert ended.exit_code == ExitCode.USAGE
    assert ended.stderr.splitlines() == [
        f"error: {detail}",
        "  $.bwa.memory: 0 is less than 1",
        "  $.x: no",
    ]


def test_run_that_is_watched_ends_as_the_run_does(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on("POST /runs", answer(201, runs.summary()))
    api.on(f"GET /runs/{RUN_ID}", runs.detail(), runs.succeeded())

    ended = seqstack("run", *SAMPLE, "--watch")

    assert ended.exit_code == ExitCode.OK
    assert "SUCCEEDED" in ended.stdout
