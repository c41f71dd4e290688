"""A cohort of twelve samples with real tools: who is who, what fails, and what runs again."""

import json
import os
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from demo.exome.people import Parents, Population, populate, sequence_person
from demo.exome.spec import ExomeSpec
from tests.e2e.conftest import SeqStack

pytestmark = pytest.mark.long

SPEC = ExomeSpec("cohort", 7, (160_000, 120_000), genes=40, snvs=60, indels=20, mean_depth=40.0)
PEOPLE: dict[str, Parents | None] = {
    **dict.fromkeys(["anna", "bert", "dora", "eric", "fred", "gina", "hugo", "ivan"]),
    "carl": ("anna", "bert"),
}
REPEATED = ["dora-blood", "dora-saliva", "eric-blood", "eric-saliva"]
# whose reads a sample has
READS = {
    **{name: name for name in ("anna", "bert", "carl", "fred", "gina")},
    # the saliva of Dora and Eric was swapped, and Fred came twice, under another name
    **dict(zip(REPEATED, ["dora", "eric", "eric", "dora"], strict=True)),
    "paul": "fred",
    "damaged": "hugo",
    "killed": "ivan",
}
PARENTS = {"carl": "bert,anna"}


@dataclass(frozen=True)
class Sheet:
    """A sheet with reads beside it."""

    path: Path
    population: Population

    def add(self, sample: str, person: str) -> None:
        folder = self.path.parent / sample
        files = sequence_person(self.population, person, sample, folder)
        places = ",".join(f"{sample}/{mate[0].name}" for mate in files)
        patient = sample.split("-", maxsplit=1)[0]
        with self.path.open("a") as rows:
            rows.write(f"{patient},{sample},{places},{PARENTS.get(sample, ',')}\n")


@pytest.fixture
def sheet(tmp_path: Path) -> Sheet:
    population = populate(SPEC, PEOPLE, tmp_path / "exome")
    made = Sheet(tmp_path / "twelve.csv", population)
    made.path.write_text("patient,sample,fastq_1,fastq_2,father,mother\n")
    for sample, person in READS.items():
        made.add(sample, person)
    damaged = next((tmp_path / "damaged").glob("*_R2_*"))
    body = bytearray(damaged.read_bytes())
    body[len(body) // 2] ^= 255
    damaged.write_bytes(body)
    return made


class Killer:
    """Ends each bwa that aligns a sample, as soon as it is there."""

    def __init__(self, sample: str) -> None:
        self._read_group, self._over = f"SM:{sample}".encode(), threading.Event()
        self.killed: set[int] = set()

    def __enter__(self) -> "Killer":
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            for process in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    command = (process / "cmdline").read_bytes()
                    if b"mem\0" in command and self._read_group in command:
                        os.kill(int(process.name), signal.SIGTERM)
                        self.killed.add(int(process.name))


def runs_of(seqstack: SeqStack, cohort: str) -> dict[str, list[str]]:
    """The runs of each sample, by their ids."""
    listed = seqstack("--json", "list", "--cohort", cohort, "--all")
    assert listed.returncode == 0, listed.stderr
    found: dict[str, list[str]] = {}
    for run in json.loads(listed.stdout)["runs"]:
        found.setdefault(run["sampleId"], []).append(run["runId"])
    return found


def reported(seqstack: SeqStack, folder: Path) -> dict[str, Any]:
    report = seqstack("cohort", "report", "twelve", "--output", str(folder))
    assert report.returncode == 0, report.stdout + report.stderr
    return dict(json.loads((folder / "cohort.json").read_text()))


def test_twelve_samples_give_ten_results_two_causes_and_who_is_who(
    seqstack: SeqStack, sheet: Sheet, tmp_path: Path
) -> None:
    design = {name: str(path) for name, path in sheet.population.design.items()}
    prepared = seqstack(
        *("reference", "prepare", "exome", "--fasta", design["reference"], "--watch"),
        *("--annotation", design["annotation"], "--targets", design["targets"]),
        *("--sites", str(sheet.population.sites)),
    )
    assert prepared.returncode == 0, prepared.stdout + prepared.stderr
    cohort = ("cohort", "run", str(sheet.path), "--cohort", "twelve", "--watch")
    cohort += ("--reference", "exome", "--caller", "bcftools")

    with Killer("killed") as killer:
        ended = seqstack(*cohort)

    assert killer.killed
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "10 succeeded, 2 failed" in ended.stdout
    report = reported(seqstack, tmp_path / "first")
    causes = {each["sampleId"]: each["cause"] for each in report["samples"] if each["cause"]}
    assert set(causes) == {"damaged", "killed"}
    damaged = next((tmp_path / "damaged").glob("*_R2_*"))
    assert damaged.name in causes["damaged"]
    assert "killed by signal 15 (SIGTERM)" in causes["killed"]
    who = report["relations"]
    assert {(each["first"], each["second"]): each["kinship"] for each in who["pairs"]} == {
        ("anna", "carl"): "first-degree relatives",
        ("bert", "carl"): "first-degree relatives",
        ("fred", "paul"): "the same person",
        ("dora-blood", "eric-saliva"): "the same person",
        ("dora-saliva", "eric-blood"): "the same person",
        ("dora-blood", "dora-saliva"): "unrelated",
        ("eric-blood", "eric-saliva"): "unrelated",
    }
    # the sheet says that Carl is the child of Anna and Bert
    assert [said.split(" (")[0] for said in who["contradictions"]] == [
        "dora-blood and dora-saliva are unrelated",
        "dora-blood and eric-saliva are the same person",
        "dora-saliva and eric-blood are the same person",
        "eric-blood and eric-saliva are unrelated",
        "fred and paul are the same person",
    ]

    first = runs_of(seqstack, "twelve")
    sheet.add("mended", "hugo")  # the thirteenth
    resumed = seqstack(*cohort)

    assert resumed.returncode == 1, resumed.stdout + resumed.stderr
    assert "Plan: 13 samples" in resumed.stdout
    again = runs_of(seqstack, "twelve")
    new = {sample: len(runs) - len(first.get(sample, [])) for sample, runs in again.items()}
    assert {sample for sample, more in new.items() if more} == {"mended", "killed", "damaged"}
    report = reported(seqstack, tmp_path / "second")
    assert [each["sampleId"] for each in report["samples"] if each["cause"]] == ["damaged"]
