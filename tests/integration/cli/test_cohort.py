"""`seqstack cohort` against a stack in the emulator, with scripted jobs."""

import json
from pathlib import Path

import pytest

from tests.harness.scripted import Act
from tests.integration.cli.conftest import SeqStack
from tests.support.cohorts import Cohort
from tests.support.samples import INPUTS
from tests.support.small_reads import input_body
from tests.support.workflow_world import World

SHARED = (
    *("--reference", f"s3://{INPUTS}/ref.fa", "--annotation", f"s3://{INPUTS}/genes.gff3"),
    *("--caller", "bcftools"),
)


def local_sheet(folder: Path, *samples: str) -> Path:
    """A sheet with reads beside it."""
    rows = ["sample,lane,fastq_1,fastq_2,site"]
    for sample in samples:
        for mate in (1, 2):
            name = f"{sample}_{mate}.fastq.gz"
            (folder / name).write_bytes(input_body(f"{folder}/{name}"))
        rows.append(f'{sample},1,{sample}_1.fastq.gz,{sample}_2.fastq.gz,"Oslo, east"')
    sheet = folder / "plate7.csv"
    sheet.write_text("\n".join(rows) + "\n  \n")  # a line of blanks, as spreadsheets leave it
    return sheet


def test_sheet_of_this_machine_runs_to_its_end(
    world: World, seqstack: SeqStack, tmp_path: Path
) -> None:
    sheet = local_sheet(tmp_path, "a", "b")

    ended = seqstack("cohort", "run", str(sheet), *SHARED, "--watch")

    assert ended.exit_code == 0, ended.output
    assert "Cohort plate7: succeeded" in ended.output
    assert "Plan: 2 samples" in ended.output
    assert "Samples: 2 succeeded" in ended.output
    runs = world.ledger.runs_of_cohort("plate7")
    assert {run.tags["site"] for run in runs} == {"Oslo, east"}
    bill = seqstack("cohort", "cost", "plate7")
    assert bill.exit_code == 0, bill.output


def test_sheet_of_this_machine_starts_once_for_an_idempotency_key(
    world: World, seqstack: SeqStack, tmp_path: Path
) -> None:
    sheet = local_sheet(tmp_path, "a")
    call = ("cohort", "run", str(sheet), *SHARED, "--cohort", "once", "--idempotency-key", "k")

    first, again = seqstack(*call), seqstack(*call, "--watch")

    assert first.exit_code == 0, first.output
    assert again.exit_code == 0, again.output
    assert len(world.ledger.runs_of_cohort("once")) == 1


def test_sheet_and_reads_with_blanks_in_their_names_run(
    world: World, seqstack: SeqStack, tmp_path: Path
) -> None:
    written = local_sheet(tmp_path, "a").read_text()
    for mate in (1, 2):
        (tmp_path / f"a_{mate}.fastq.gz").rename(tmp_path / f"a lane {mate}.fastq.gz")
        written = written.replace(f"a_{mate}", f"a lane {mate}")
    sheet = tmp_path / "plate 7.csv"
    sheet.write_text(written)

    ended = seqstack("cohort", "run", str(sheet), *SHARED, "--cohort", "blanks", "--watch")

    assert ended.exit_code == 0, ended.output
    assert len(world.ledger.runs_of_cohort("blanks")) == 1


def test_dry_run_shows_the_plan_alone(world: World, seqstack: SeqStack) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row("a")])
    given = ("--cohort", cohort.cohort_id, *SHARED, "--max-concurrency", "7")
    given += ("--project", "without-runs")  # which an estimate could be made from

    ended = seqstack("cohort", "run", f"s3://{INPUTS}/{cohort.sheet}", *given, "--dry-run")

    assert ended.exit_code == 0, ended.output
    assert f"Dry run of cohort {cohort.cohort_id}: succeeded" in ended.output
    assert "1 new, 0 again, 0 running, 0 done" in ended.output
    assert "Estimate: none yet" in ended.output
    assert cohort.runs == []


def test_sites_of_another_assembly_are_refused_before_anything_starts(
    world: World, seqstack: SeqStack, tmp_path: Path
) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row("a")])
    (sites := tmp_path / "common.vcf").write_text("chr77\t5\t.\tA\tC\n")
    given = ("--cohort", cohort.cohort_id, *SHARED, "--sites", str(sites))

    ended = seqstack("cohort", "run", f"s3://{INPUTS}/{cohort.sheet}", *given)

    assert ended.exit_code == 2, ended.output
    assert "the FASTA has no contig 'chr77'" in ended.output
    assert cohort.runs == []


def test_faults_are_listed_by_line(world: World, seqstack: SeqStack) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row("a"), "b,b,1,none_1.fastq.gz,none_2.fastq.gz,b7"])
    given = ("--cohort", cohort.cohort_id, *SHARED)

    ended = seqstack("cohort", "run", f"s3://{INPUTS}/{cohort.sheet}", *given)

    assert ended.exit_code == 2, ended.output
    assert "2 problems; nothing was started" in ended.output
    assert ended.output.count("  line 3: s3://") == 2


def test_faults_of_a_local_sheet_are_found_before_anything_is_sent(
    world: World, seqstack: SeqStack, tmp_path: Path
) -> None:
    sheet = local_sheet(tmp_path, "a")
    sheet.write_text(sheet.read_text() + "c,1,c_1.fastq.gz,,x\n")

    ended = seqstack("cohort", "run", str(sheet), *SHARED)

    assert ended.exit_code == 2
    assert "line 4: the row has fastq_1" in ended.output
    sheet.write_text(sheet.read_text().replace("c_1.fastq.gz,", "c_1.fastq.gz,c_2.fastq.gz"))
    absent = seqstack("cohort", "run", str(sheet), *SHARED)
    assert absent.exit_code == 2
    assert str(tmp_path / "c_2.fastq.gz") in absent.output


def test_failed_sample_is_shown_and_resumed(world: World, seqstack: SeqStack) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row("a"), cohort.row("b")])
    run_id = cohort.plan()["b"]["runId"]
    world.play({f"{run_id}-align-1": [Act.fail(1)]})
    sheet, name = f"s3://{INPUTS}/{cohort.sheet}", cohort.cohort_id

    failed = seqstack("cohort", "run", sheet, "--cohort", name, *SHARED, "--watch")

    assert failed.exit_code == 1, failed.output
    assert "1 succeeded, 1 failed" in failed.output
    assert "SamplesFailed: 1 of 2 samples" in failed.output
    resumed = seqstack("cohort", "resume", name, "--watch")
    assert resumed.exit_code == 0, resumed.output
    assert "0 new, 1 again, 0 running, 1 done" in resumed.output
    found = json.loads(seqstack("cohort", "status", name, "--json").output)
    assert (found["state"], found["samples"]) == ("SUCCEEDED", {"SUCCEEDED": 2})


def test_cohort_is_stopped(world: World, seqstack: SeqStack) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row("a")])
    run_id = cohort.plan()["a"]["runId"]
    world.play({f"{run_id}-align-1": [Act.hang()]})
    sheet, name = f"s3://{INPUTS}/{cohort.sheet}", cohort.cohort_id
    started = seqstack("cohort", "run", sheet, "--cohort", name, *SHARED)
    assert started.exit_code == 0, started.output
    world.eventually(True, lambda: f"{run_id}-align-1" in world.running_jobs())

    assert seqstack("cohort", "stop", name).exit_code == 0

    world.eventually((), world.emulator.batch.jobs_running)
    world.eventually({"a": ["ABORTED"]}, cohort.states)
    ended = seqstack("cohort", "status", name, "--watch")
    assert ended.exit_code == 1, ended.output
    assert "aborted" in ended.output


@pytest.mark.long
def test_budget_is_met_and_raised(world: World, seqstack: SeqStack, tmp_path: Path) -> None:
    del world
    sheet = local_sheet(tmp_path, "a", "b", "c")
    name = ("--cohort", "thrifty")

    ended = seqstack(
        *("cohort", "run", str(sheet), *SHARED, *name, "--watch"),
        *("--budget-usd", "0.000001", "--max-concurrency", "1"),
    )

    assert ended.exit_code == 1, ended.output
    assert "is spent" in ended.output
    assert "BudgetMet: the budget of 0.000001 USD is met" in ended.output
    assert "not started" in ended.output
    cost = seqstack("cohort", "cost", "thrifty")
    assert "; budget: " in cost.output
    assert "to come, by estimate: $" in cost.output
    resumed = seqstack("cohort", "resume", "thrifty", "--budget-usd", "50", "--watch")
    assert resumed.exit_code == 0, resumed.output
    assert "Samples: 3 succeeded" in resumed.output


@pytest.mark.long
def test_joint_vcf_is_made_later_of_the_samples_that_have_succeeded(
    world: World, seqstack: SeqStack
) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row("a"), cohort.row("b"), cohort.row("c")])
    run_id = cohort.plan()["b"]["runId"]
    world.play({f"{run_id}-align-1": [Act.fail(1)]})
    sheet, name = f"s3://{INPUTS}/{cohort.sheet}", cohort.cohort_id

    few = seqstack("cohort", "run", sheet, "--cohort", name, *SHARED, "--joint", "--watch")

    assert few.exit_code == 1, few.output
    assert "JointNotMade: no joint VCF: 2 of 3 samples have succeeded" in few.output
    enough = seqstack("cohort", "joint", name, "--min-samples", "60", "--watch")
    assert enough.exit_code == 0, enough.output
    assert "Joint VCF of 2 samples: run c-" in enough.output
    found = json.loads(seqstack("cohort", "status", name, "--json").output)
    joint = found["plan"]["joint"]
    assert (joint["samples"], joint["of"], joint["minSamplesPercentage"]) == (2, 3, 60)
    assert found["samples"] == {"SUCCEEDED": 2, "FAILED": 1}
    shown = seqstack("status", joint["runId"])
    assert f"of joint_calling {name}/" in shown.output
    outputs = json.loads(seqstack("outputs", joint["runId"], "--json").output)["outputs"]
    assert f"{joint['results']}vcf/variants/variants.vcf.gz" in {each["s3Uri"] for each in outputs}
    resumed = seqstack("cohort", "resume", name, "--watch")
    assert resumed.exit_code == 0, resumed.output
    assert "Joint VCF of 3 samples" in resumed.output


def test_share_of_samples_without_a_joint_vcf_is_refused(seqstack: SeqStack) -> None:
    ended = seqstack("cohort", "run", "s3://b/sheet.csv", *SHARED, "--min-samples", "50")

    assert ended.exit_code == 2
    assert "--joint" in ended.output
