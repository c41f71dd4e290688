from pathlib import Path

import pytest

from emulator.batch.mounts import Mounts

CONTAINER = {
    "mountPoints": [
        {"sourceVolume": "scratch", "containerPath": "/scratch"},
        {"sourceVolume": "references", "containerPath": "/scratch/references/"},
    ]
}
MOUNTS = Mounts.of(CONTAINER, Path("/host/job"), {"/scratch/references": Path("/host/shared")})


@pytest.mark.parametrize(
    ("text", "on_host"),
    [
        ("/scratch", "/host/job/mounts/scratch"),
        ("/scratch/", "/host/job/mounts/scratch/"),
        ("/scratch/a/b.bam", "/host/job/mounts/scratch/a/b.bam"),
        ("/scratch/references/hg38.fa", "/host/shared/hg38.fa"),
        ("/scratch/references", "/host/shared"),
        ("/scratches/a", "/scratches/a"),
        ("s3://bucket/scratch/a", "s3://bucket/scratch/a"),
        ("--dir=/scratch", "--dir=/scratch"),
        ("", ""),
    ],
)
def test_mounts_rewrite_takes_paths_below_a_mount_to_the_host(text: str, on_host: str) -> None:
    assert MOUNTS.rewrite(text) == on_host


def test_mounts_make_makes_every_folder_and_again(tmp_path: Path) -> None:
    mounts = Mounts.of(CONTAINER, tmp_path / "job", {"/scratch/references": tmp_path / "shared"})

    mounts.make()
    mounts.make()

    assert (tmp_path / "job/mounts/scratch").is_dir()
    assert (tmp_path / "shared").is_dir()
