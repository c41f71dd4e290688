from pathlib import Path
from typing import Any

import pytest

from emulator.engine.batch.mounts import Mounts

CONTAINER: dict[str, Any] = {
    "volumes": [
        {"name": "own"},
        {"name": "empty", "host": {}},
        {"name": "cache", "host": {"sourcePath": "/scratch/references"}},
    ],
    "mountPoints": [
        {"sourceVolume": "own", "containerPath": "/scratch"},
        {"sourceVolume": "empty", "containerPath": "/spare"},
        {"sourceVolume": "cache", "containerPath": "/scratch/references/"},
    ],
}
MOUNTS = Mounts.of(CONTAINER, Path("/jobs/1"), Path("/host"))


@pytest.mark.parametrize(
    ("text", "on_host"),
    [
        ("/scratch", "/jobs/1/volumes/own"),
        ("/scratch/", "/jobs/1/volumes/own/"),
        ("/scratch/a/b.bam", "/jobs/1/volumes/own/a/b.bam"),
        ("/spare/a", "/jobs/1/volumes/empty/a"),
        ("/scratch/references/hg38.fa", "/host/scratch/references/hg38.fa"),
        ("/scratch/references", "/host/scratch/references"),
        ("/scratches/a", "/scratches/a"),
        ("s3://bucket/scratch/a", "s3://bucket/scratch/a"),
        ("--dir=/scratch", "--dir=/scratch"),
        ("", ""),
    ],
)
def test_mounts_rewrite_takes_paths_below_a_mount_to_its_volume(text: str, on_host: str) -> None:
    assert MOUNTS.rewrite(text) == on_host


def test_mounts_of_two_jobs_share_nothing_but_what_lies_on_the_host() -> None:
    other = Mounts.of(CONTAINER, Path("/elsewhere"), Path("/host"))

    shared = set(MOUNTS.folders.values()) & set(other.folders.values())
    assert shared == {Path("/host/scratch/references")}


def test_mounts_point_without_a_volume_is_refused() -> None:
    container = {**CONTAINER, "volumes": []}

    with pytest.raises(ValueError, match="unknown volume: own"):
        Mounts.of(container, Path("/jobs/1"), Path("/host"))


def test_mounts_make_makes_every_folder_and_again(tmp_path: Path) -> None:
    mounts = Mounts.of(CONTAINER, tmp_path / "job", tmp_path / "host")

    mounts.make()
    mounts.make()

    assert (tmp_path / "job/volumes/own").is_dir()
    assert (tmp_path / "host/scratch/references").is_dir()
