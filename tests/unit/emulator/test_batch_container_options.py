"""The options of `docker create`, as the Batch API's reference maps a job definition's to them.

https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerProperties.html
"""

from typing import Any

import pytest

from emulator.engine.batch.container_options import create_options

ALWAYS = [
    *("--network", "host", "--no-healthcheck"),
    *("--cpu-shares", "2048", "--memory", "512m", "--memory-swap", "512m"),
]


def options(**properties: Any) -> list[str]:
    """The options that `properties` add to those of every job."""
    container = {
        "resourceRequirements": [
            {"type": "VCPU", "value": "2"},
            {"type": "MEMORY", "value": "512"},
        ],
        **properties,
    }
    made = create_options(container, lambda folder: f"volume-of{folder.replace('/', '-')}")
    assert made[: len(ALWAYS)] == ALWAYS
    return made[len(ALWAYS) :]


@pytest.mark.parametrize(("vcpus", "shares"), [("0.25", "256"), ("16", "16384"), ("0.001", "2")])
def test_vcpu_is_1024_shares_and_two_are_the_least(vcpus: str, shares: str) -> None:
    needs = [{"type": "VCPU", "value": vcpus}, {"type": "MEMORY", "value": "1"}]
    made = create_options({"resourceRequirements": needs}, str)
    assert made[made.index("--cpu-shares") + 1] == shares


def test_nothing_is_added_that_the_definition_does_not_ask_for() -> None:
    lists: dict[str, Any] = {key: [] for key in ("volumes", "mountPoints", "ulimits")}
    assert options(**lists, readonlyRootFilesystem=False, privileged=False) == []


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"readonlyRootFilesystem": True}, ["--read-only"]),
        ({"privileged": True}, ["--privileged"]),
        ({"user": "10001"}, ["--user", "10001"]),
        ({"linuxParameters": {"initProcessEnabled": True}}, ["--init"]),
        ({"linuxParameters": {"sharedMemorySize": 64}}, ["--shm-size", "64m"]),
        (
            {"ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 4096}]},
            ["--ulimit", "nofile=1024:4096"],
        ),
    ],
)
def test_property_becomes_its_option(properties: dict[str, Any], expected: list[str]) -> None:
    assert options(**properties) == expected


def test_tmpfs_keeps_its_mount_options_and_its_size_in_mib() -> None:
    mounts = [
        {"containerPath": "/tmp", "size": 64, "mountOptions": ["noexec", "nosuid"]},  # noqa: S108
        {"containerPath": "/run", "size": 1},
    ]
    assert options(linuxParameters={"tmpfs": mounts}) == [
        *("--tmpfs", "/tmp:noexec,nosuid,size=64m"),  # noqa: S108
        *("--tmpfs", "/run:size=1m"),
    ]


def test_folder_of_the_host_is_a_volume_that_others_have_too() -> None:
    volumes = [{"name": "references", "host": {"sourcePath": "/mnt/references"}}]
    points = [
        {"sourceVolume": "references", "containerPath": "/references"},
        {"sourceVolume": "references", "containerPath": "/known", "readOnly": True},
    ]
    assert options(volumes=volumes, mountPoints=points) == [
        *("--volume", "volume-of-mnt-references:/references"),
        *("--volume", "volume-of-mnt-references:/known:ro"),
    ]


@pytest.mark.parametrize("volume", [{"name": "scratch"}, {"name": "scratch", "host": {}}])
def test_volume_without_a_folder_is_the_jobs_own(volume: dict[str, Any]) -> None:
    points = [{"sourceVolume": "scratch", "containerPath": "/scratch", "readOnly": False}]
    assert options(volumes=[volume], mountPoints=points) == ["--volume", "/scratch"]
