import pytest

from emulator.engine.batch import container
from emulator.engine.batch.capacity import Capacity

NEEDS = [{"type": "VCPU", "value": "2"}, {"type": "MEMORY", "value": "4096"}]
TO_GROUP = {
    "logDriver": "awslogs",
    "options": {"awslogs-group": "/seqstack/dev/jobs", "awslogs-stream-prefix": "bwa"},
}


def test_merge_without_overrides_keeps_properties_and_adds_empty_lists() -> None:
    merged = container.merge({"image": "bwa", "command": ["-t"]}, {})

    assert merged == {
        "image": "bwa",
        "command": ["-t"],
        "volumes": [],
        "environment": [],
        "mountPoints": [],
        "ulimits": [],
        "networkInterfaces": [],
        "resourceRequirements": [],
        "secrets": [],
    }


def test_merge_replaces_environment_by_name_and_requirements_by_type() -> None:
    merged = container.merge(
        {
            "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
            "resourceRequirements": NEEDS,
        },
        {
            "environment": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}],
            "resourceRequirements": [{"type": "MEMORY", "value": "8192"}],
        },
    )

    assert merged["environment"] == [
        {"name": "A", "value": "1"},
        {"name": "B", "value": "3"},
        {"name": "C", "value": "4"},
    ]
    assert container.request_of(merged) == Capacity(2, 8192)


def test_merge_leaves_the_definition_as_it_was() -> None:
    properties = {"environment": [{"name": "A", "value": "1"}], "resourceRequirements": NEEDS}

    merged = container.merge(properties, {"environment": [{"name": "A", "value": "2"}]})
    merged["resourceRequirements"][0]["value"] = "9"

    assert properties["environment"] == [{"name": "A", "value": "1"}]
    assert NEEDS[0]["value"] == "2"


def test_merge_reads_the_older_form_of_requirements() -> None:
    merged = container.merge({"vcpus": 1, "memory": 512}, {"memory": 1024})

    assert container.request_of(merged) == Capacity(1, 1024)
    assert "memory" not in merged


def test_request_of_container_without_memory_raises() -> None:
    with pytest.raises(ValueError, match="lack MEMORY"):
        container.request_of(container.merge({"vcpus": 1}, {}))


@pytest.mark.parametrize(
    ("argument", "filled_in"),
    [
        ("Ref::sample", "NA12878"),
        ("--sample=Ref::sample", "--sample=NA12878"),
        ("Ref::sample/Ref::step", "NA12878/align"),
        ("Ref::unknown", "Ref::unknown"),
        ("ref::sample", "ref::sample"),
        ("plain", "plain"),
    ],
)
def test_substitute_fills_in_known_placeholders(argument: str, filled_in: str) -> None:
    parameters = {"sample": "NA12878", "step": "align"}

    assert container.substitute([argument], parameters) == [filled_in]


def test_substitute_name_that_starts_like_another_takes_the_longer_one() -> None:
    parameters = {"sample": "short", "sampleId": "long"}

    assert container.substitute(["Ref::sampleId"], parameters) == ["long"]


def test_log_group_and_stream_come_from_the_definition() -> None:
    described = {"logConfiguration": TO_GROUP}

    assert container.log_group_of(described) == "/seqstack/dev/jobs"
    assert container.log_stream_of(described, "bwa-dev", "0" * 32) == f"bwa/default/{'0' * 32}"
    assert not container.creates_log_group(described)


def test_log_group_without_configuration_is_batchs_own() -> None:
    assert container.log_group_of({}) == "/aws/batch/job"
    assert container.log_stream_of({}, "bwa-dev", "1" * 32) == f"bwa-dev/default/{'1' * 32}"
    assert container.creates_log_group({})


def test_log_group_of_another_driver_is_none() -> None:
    assert container.log_group_of({"logConfiguration": {"logDriver": "json-file"}}) is None


def test_log_group_is_made_when_the_definition_says_so() -> None:
    options = {**TO_GROUP["options"], "awslogs-create-group": "true"}  # type: ignore[dict-item]

    assert container.creates_log_group({"logConfiguration": {**TO_GROUP, "options": options}})
