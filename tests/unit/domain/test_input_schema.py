"""What the schema alone finds; expectations from issue 2, the design and the JSON Schema drafts."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from seqstack.domain.input_schema import check_schema, input_schema
from seqstack.workflows.registry import WORKFLOWS
from tests.support.builders import exome_input, original_input

ROOT = Path(__file__).parents[3]
TOOL_KEYS = ("jobDefinition", "jobQueue", "cmdArgs", "memory")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def paths(document: Any) -> list[str]:
    return sorted(problem.path for problem in check_schema(document)[0])


def schema() -> dict[str, Any]:
    text = files("seqstack.domain").joinpath("input.schema.json").read_text()
    document: dict[str, Any] = json.loads(text)
    return document


def test_schema_is_valid_draft_2020_12() -> None:
    Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_schema_beside_the_state_machines_is_the_one_in_the_layer() -> None:
    assert json.loads((ROOT / "statemachine/input.schema.json").read_text()) == schema()


def test_schema_every_pattern_is_anchored_and_explained() -> None:
    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "pattern" in node and isinstance(node["pattern"], str):
                assert node["pattern"].startswith("^")
                assert node["pattern"].endswith("$")
                assert node["description"]
            for value in node.values():
                walk(value)

    walk(schema())


def test_schema_has_a_block_for_every_tool() -> None:
    for workflow in WORKFLOWS.values():
        assert set(workflow.tools) <= set(input_schema(workflow)["properties"])


@pytest.mark.parametrize("submitter", ["jane.doe", "", "two words", "j" * 65, "lab*"])
def test_schema_submitter_that_batch_would_refuse_as_a_share_is_refused(submitter: str) -> None:
    (problem,) = check_schema(exome_input(submitter=submitter))[0]

    assert problem.path == "$.submitter"
    assert problem.message.startswith(f"{submitter!r} is not allowed here: who submits the run")


@pytest.mark.parametrize("document", [original_input(), exome_input()])
def test_schema_sound_input_passes(document: dict[str, Any]) -> None:
    assert check_schema(document) == ([], document)


def test_schema_original_with_its_gaps_open_names_each_gap() -> None:
    original = json.loads((ROOT / "events/secondary_analysis/original.json").read_text())

    assert paths(original) == [
        "$.isaac.jobQueue",
        "$.resultsS3Path",
        "$.samtoolsStats.jobQueue",
        "$.snpEff.jobQueue",
        "$.strelka.jobQueue",
    ]


@pytest.mark.parametrize("key", ["sampleId", "fastq1S3Path", "fastq2S3Path", "referenceS3Path"])
def test_schema_missing_key_is_named(key: str) -> None:
    assert paths(exome_input(**{key: None})) == [f"$.{key}"]


def test_schema_everything_missing_names_every_key() -> None:
    assert paths({}) == [
        "$.fastq1S3Path",
        "$.fastq2S3Path",
        "$.referenceS3Path",
        "$.sampleId",
    ]


@pytest.mark.parametrize(
    ("change", "path", "message"),
    [
        ({"sampleId": 12878}, "$.sampleId", "must be string, not integer"),
        ({"fastq1S3Path": {}}, "$.fastq1S3Path", "must be string or array, not object"),
        ({"referenceS3Path": ["x"]}, "$.referenceS3Path", "must be string, not array"),
        ({"bwa": []}, "$.bwa", "must be object, not array"),
        ({"bwa": {"memory": "32"}}, "$.bwa.memory", "must be integer, not string"),
        ({"bwa": {"memory": True}}, "$.bwa.memory", "must be integer, not boolean"),
        ({"bwa": {"memory": 1.5}}, "$.bwa.memory", "must be integer, not number"),
        ({"bwa": {"cmdArgs": ["-K"]}}, "$.bwa.cmdArgs", "must be string, not array"),
        ({"cache": "no"}, "$.cache", "must be boolean, not string"),
        ({"snpEff": 1}, "$.snpEff", "must be object, not integer"),
    ],
)
def test_schema_wrong_type_is_named(change: dict[str, Any], path: str, message: str) -> None:
    (problem,) = check_schema(exome_input(**change))[0]

    assert (problem.path, problem.message) == (path, message)


@pytest.mark.parametrize("document", [None, 5, "run", [], True, 1.5])
def test_schema_input_that_is_no_object_is_refused(document: object) -> None:
    assert paths(document) == ["$"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"threads": 8}, "$.threads"),
        ({"bwa": {"referenceS3Path": "s3://bucket/x"}}, "$.bwa.referenceS3Path"),
        ({"isaac": {"queue": "q"}, "bwa": None}, "$.isaac.queue"),
        ({"reference path": "x"}, "$['reference path']"),
    ],
)
def test_schema_unknown_key_is_named(change: dict[str, Any], path: str) -> None:
    (problem,) = check_schema(exome_input(**change))[0]

    assert problem.path == path
    assert "is not a known key; known: " in problem.message


@pytest.mark.parametrize("good", ["NA12878", "NA12878_states_1", "9.x", "a-b_c.d", "x" * 64])
def test_schema_sample_id_of_file_name_characters_passes(good: str) -> None:
    assert paths(exome_input(sampleId=good)) == []


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "NA 12878",
        "a/b",
        "../x",
        ".hidden",
        "-x",
        "_x",
        "é",
        "NA12878\n",
        "x" * 65,
        "a\tb",
        "$x",
    ],
)
def test_schema_bad_sample_id_is_refused(bad: str) -> None:
    assert paths(exome_input(sampleId=bad)) == ["$.sampleId"]


@pytest.mark.parametrize(
    "bad",
    [
        "/data/genome.fa",
        "s3://bucket",
        "s3://bucket/",
        "s3://bucket/folder/",
        "s3://Bucket/genome.fa",
        "s3://bucket/my genome.fa",
        "s3://bucket/genome.fa\n",
        "s3://<bucket>/genome.fa",
        "s3://two..dots/genome.fa",
        "s3://bucket/" + "k" * 1025,
        "s3://bucket/\ud800",
    ],
)
def test_schema_reference_that_is_no_object_uri_is_refused_once(bad: str) -> None:
    assert paths(exome_input(referenceS3Path=bad)) == ["$.referenceS3Path"]


@pytest.mark.parametrize(
    ("lanes", "expected"),
    [
        ([], ["$.fastq1S3Path"]),
        (["s3://bucket/a.fq", "nonsense"], ["$.fastq1S3Path[1]"]),
        (["s3://bucket/a.fq", 7, None], ["$.fastq1S3Path[1]", "$.fastq1S3Path[2]"]),
        (["s3://bucket/a.fq", "s3://bucket/a.fq"], ["$.fastq1S3Path"]),
        ([f"s3://bucket/{lane}.fq" for lane in range(33)], ["$.fastq1S3Path"]),
        ([f"s3://bucket/{lane}.fq" for lane in range(32)], []),
    ],
)
def test_schema_lanes_are_checked_one_by_one(lanes: list[Any], expected: list[str]) -> None:
    assert paths(exome_input(fastq1S3Path=lanes)) == expected


@pytest.mark.parametrize("memory", [1, 768, 16.0])
def test_schema_memory_in_whole_gib_passes(memory: float) -> None:
    assert paths(exome_input(bwa={"memory": memory})) == []


@pytest.mark.parametrize("memory", [0, -1, 769])
def test_schema_memory_out_of_range_is_refused(memory: int) -> None:
    assert paths(exome_input(bwa={"memory": memory})) == ["$.bwa.memory"]


@pytest.mark.parametrize("folder", ["/scratch", "/scratch/", "/scratch/a/b_c-d"])
def test_schema_working_dir_on_the_scratch_disk_passes(folder: str) -> None:
    assert paths(exome_input(workingDir=folder)) == []


@pytest.mark.parametrize("folder", ["/", "/tmp", "scratch", "/scratch/../etc", "/scratchy", "/s\n"])  # noqa: S108
def test_schema_working_dir_elsewhere_is_refused(folder: str) -> None:
    assert paths(exome_input(workingDir=folder)) == ["$.workingDir"]


@pytest.mark.parametrize(
    "name",
    [
        "bwa-dev",
        "bwa-dev:3",
        "arn:aws:batch:us-east-1:123456789012:job-definition/bwa-dev:3",
        "arn:aws:batch:us-east-1:123456789012:job-definition/bwa-dev",
        "arn:aws-cn:batch:cn-north-1:123456789012:job-definition/bwa-dev:3",
    ],
)
def test_schema_job_definition_by_name_revision_or_arn_passes(name: str) -> None:
    assert paths(exome_input(bwa={"jobDefinition": name})) == []


@pytest.mark.parametrize("name", ["", "bwa dev", "bwa:latest", "arn:aws:batch:bwa", "x" * 129])
def test_schema_job_definition_of_another_form_is_refused(name: str) -> None:
    assert paths(exome_input(bwa={"jobDefinition": name})) == ["$.bwa.jobDefinition"]


def test_schema_long_values_do_not_fill_the_message() -> None:
    problems, _ = check_schema(
        exome_input(sampleId="x" * 30_000, bwa={"cmdArgs": "-x " * 9_000}, fastq1S3Path=["a"] * 90)
    )

    assert max(len(problem.message) for problem in problems) < 500


def test_check_schema_leaves_out_what_is_wrong_and_keeps_the_rest() -> None:
    document = exome_input(
        sampleId="a b", fastq1S3Path=["s3://bucket/a.fq", 5], bwa={"memory": "x"}, isaac=3
    )

    _, sound = check_schema(document)

    assert sound == {
        **{key: value for key, value in document.items() if key != "sampleId"},
        "fastq1S3Path": ["s3://bucket/a.fq", None],
        "bwa": {},
        "isaac": {},
    }
    assert document["sampleId"] == "a b"  # the caller's own document is left alone


@given(document=JSON)
def test_check_schema_any_json_is_answered_with_problems(document: object) -> None:
    problems, sound = check_schema(document)

    assert problems
    assert isinstance(sound, dict)


@given(block=JSON, lanes=st.lists(JSON, max_size=3), sample_id=JSON)
def test_check_schema_what_is_sound_stays_sound(block: Any, lanes: Any, sample_id: Any) -> None:
    _, sound = check_schema(
        {**exome_input(), "bwa": block, "fastq1S3Path": lanes, "sampleId": sample_id}
    )
    sound.setdefault("sampleId", "NA12878")
    sound["fastq1S3Path"] = [uri for uri in sound.get("fastq1S3Path", []) if uri] or "s3://abc/d"
    if "bwa" in sound:
        sound["bwa"] = {key: sound["bwa"][key] for key in TOOL_KEYS if key in sound["bwa"]}

    assert check_schema(sound)[0] == []


@pytest.mark.parametrize("project", ["rare", "grant:NIH-1.2/a_b=c+d@e", "9" * 64])
def test_schema_project_that_can_be_a_tag_passes(project: str) -> None:
    assert paths(exome_input(project=project)) == []


@pytest.mark.parametrize("project", ["", " rare", "rare disease", "a" * 65, "größe", 7, "-x"])
def test_schema_project_that_cannot_be_a_tag_is_named(project: object) -> None:
    assert paths(exome_input(project=project)) == ["$.project"]


@pytest.mark.parametrize(
    "given",
    [{"cohortId": "trio-7"}, {"cohortId": "2025_06.a", "cohortSize": 1}, {"cohortSize": 100_000}],
)
def test_schema_cohort_of_any_allowed_name_and_size_passes(given: dict[str, Any]) -> None:
    assert paths(exome_input(**{"cohortId": "trio-7", **given})) == []


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"cohortId": ""}, "$.cohortId"),
        ({"cohortId": "trio 7"}, "$.cohortId"),
        ({"cohortId": "a" * 65}, "$.cohortId"),
        ({"cohortId": "trio-7", "cohortSize": 0}, "$.cohortSize"),
        ({"cohortId": "trio-7", "cohortSize": 100_001}, "$.cohortSize"),
        ({"cohortId": "trio-7", "cohortSize": "3"}, "$.cohortSize"),
        ({"cohortSize": 3}, "$.cohortId"),
    ],
)
def test_schema_cohort_that_cannot_be_is_named(given: dict[str, Any], path: str) -> None:
    assert paths(exome_input(**given)) == [path]
