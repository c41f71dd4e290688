"""The commands against the stack itself: its API, its authorization, its runs."""

import json
from pathlib import Path

import pytest
import requests

from cli.errors import ExitCode
from tests.harness.scripted import Act
from tests.integration.cli.conftest import SeqStack
from tests.support.prepared import VERSION, prepared, put_reference
from tests.support.workflow_world import World


def test_run_is_watched_to_its_end_and_then_shown_and_listed(
    world: World, seqstack: SeqStack
) -> None:
    document = world.sample()

    watched = seqstack("run", "--input", "-", "--watch", stdin=json.dumps(document))
    listed = seqstack("list", "--sample", document["sampleId"], "--json")
    run_id = json.loads(listed.stdout)["runs"][0]["runId"]
    shown = seqstack("status", run_id)

    assert watched.exit_code == ExitCode.OK, watched.output
    assert watched.stderr == f"Run {run_id} has started.\n"
    assert "6 of 6 steps done" in watched.stdout
    assert shown.stdout.count("succeeded") == 6
    assert seqstack("list", "--state", "failed", "--sample", document["sampleId"]).stdout == ""


def test_run_that_fails_reports_why_and_exits_with_one(world: World, seqstack: SeqStack) -> None:
    world.play({"-align-1": [Act.fail(3, lines=["bwa: no such index"])]})

    ended = seqstack("run", "--input", "-", "--watch", stdin=json.dumps(world.sample()))

    assert ended.exit_code == ExitCode.FAILED
    assert "ToolFailedError" in ended.stdout
    assert "bwa: no such index" in ended.stdout


def test_run_is_stopped_once(world: World, seqstack: SeqStack) -> None:
    world.play({"-align-1": [Act.hang()]})
    started = seqstack("run", "--input", "-", "--json", stdin=json.dumps(world.sample()))
    run_id = json.loads(started.stdout)["runId"]
    world.eventually([f"{run_id}-align-1"], world.running_jobs)

    assert "running" in seqstack("status", run_id).stdout
    assert seqstack("stop", run_id).exit_code == ExitCode.OK
    assert seqstack("status", run_id, "--watch").exit_code == ExitCode.FAILED
    again = seqstack("stop", run_id)
    assert again.exit_code == ExitCode.CONFLICT
    assert len(again.stderr.splitlines()) == 1


def test_failed_run_is_read_resumed_and_its_outputs_listed(
    world: World, seqstack: SeqStack
) -> None:
    world.play({"-annotate-1": [Act.fail(1, lines=["snpEff: no such genome", "bye"])]})
    document = world.sample()
    failed = seqstack("run", "--input", "-", "--watch", "--json", stdin=json.dumps(document))
    assert failed.exit_code == ExitCode.FAILED, failed.output
    run_id = json.loads(failed.stdout)["runId"]

    for arguments in ((), ("annotate", "--all"), ("annotate", "--follow")):
        assert seqstack("logs", run_id, *arguments).stdout == "snpEff: no such genome\nbye\n"
    assert seqstack("logs", run_id, "annotate", "-n", "1").stdout == "bye\n"
    assert seqstack("logs", run_id, "annotate", "--attempt", "9").exit_code == ExitCode.NOT_FOUND

    world.play({})
    resumed = seqstack("resume", run_id, "--watch")
    assert resumed.exit_code == ExitCode.OK, resumed.output

    new_id = resumed.stderr.split()[1]
    folder = f"{document['resultsS3Path']}{document['sampleId']}"
    assert f"{folder}/vcf/annotated/variants.ann.vcf.gz " in seqstack("outputs", new_id).stdout
    linked = json.loads(seqstack("outputs", new_id, "--links", "--json").stdout)
    link = next(each["link"] for each in linked["outputs"] if each["s3Uri"].endswith("sorted.bam"))
    assert requests.get(link, timeout=1200).content.startswith(b"sorted.bam ")
    assert "multiqc_report.html?" in seqstack("open", new_id, "--qc", "--print").stdout
    world.eventually(  # the report is written once the run's costs are known
        True, lambda: "report/run.html?" in seqstack("open", new_id, "--print").stdout
    )
    assert seqstack("resume", new_id).exit_code == ExitCode.CONFLICT


def test_wrong_ports_and_credentials_are_reported_in_one_line(
    world: World, seqstack: SeqStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = world.emulator.outputs["ApiUrl"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "knows")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    seqstack.shared = ()

    stranger = seqstack("list", "--api-url", url)
    token = seqstack("list", "--api-url", url, "--token", "x")
    silent = seqstack("list", "--local", "--local-port", "9")

    assert stranger.exit_code == ExitCode.NO_ACCESS
    assert token.exit_code == ExitCode.NO_ACCESS
    assert silent.exit_code == ExitCode.NOT_FOUND
    for ended in (stranger, token, silent):
        assert len(ended.stderr.splitlines()) == 1
        assert "; " in ended.stderr


@pytest.mark.long
def test_reference_is_prepared_listed_and_deleted_and_used_by_its_name(
    world: World, seqstack: SeqStack, tmp_path: Path
) -> None:
    fasta = tmp_path / "genome.fa"
    fasta.write_text(">chr1\nACGT\n")
    document = world.sample()
    del document["referenceS3Path"], document["annotationS3Path"]

    # the files of a scripted preparation are none that a run accepts
    bucket = world.emulator.outputs["ResultsBucketName"]
    put_reference(world.emulator.client("s3"), prepared(bucket, "GRCh38"))
    made = seqstack("reference", "prepare", "small", "--fasta", str(fasta), "--watch")
    listed = json.loads(seqstack("reference", "list", "--json").stdout)
    _, reference = listed["references"]
    named = f"small/{reference['versions'][0]['version']}"
    ran = seqstack(
        "run", "--input", "-", "--reference", "GRCh38", "--watch", stdin=json.dumps(document)
    )

    assert made.exit_code == ExitCode.OK, made.output
    assert named in made.stdout
    assert ran.exit_code == ExitCode.OK, ran.output
    assert f"Reference: GRCh38/{VERSION}\n" in ran.stdout
    assert f"Reference {named}: 1 contig" in seqstack("reference", "show", "small").stdout
    assert seqstack("reference", "delete", named, stdin="n\n").exit_code == ExitCode.INTERRUPTED
    assert seqstack("reference", "delete", named, "--yes").exit_code == ExitCode.OK
    assert seqstack("reference", "show", named).exit_code == ExitCode.NOT_FOUND
