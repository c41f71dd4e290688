import pytest

from emulator.images import built_image, local_image, tool_folder


@pytest.mark.parametrize(
    ("image", "folder"),
    [
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com/seqstack-dev/bwa:1.0", "bwa"),
        ("localhost:5000/samtools_stats", "samtools_stats"),
        ("snpeff", "snpeff"),
        ("registry/team/strelka:2@sha256:0123", "strelka"),
        ("registry/team/isaac@sha256:0123", "isaac"),
    ],
)
def test_tool_folder_is_the_last_part_of_the_images_path(image: str, folder: str) -> None:
    assert tool_folder(image) == folder


@pytest.mark.parametrize(
    ("image", "local"),
    [
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com/seqstack-dev/bwa:1.0", "seqstack/bwa:1.0"),
        ("localhost:5000/samtools_stats", "seqstack/samtools_stats:latest"),
        ("registry/team/strelka:2@sha256:0123", "seqstack/strelka:2"),
    ],
)
def test_local_image_is_what_was_pushed(image: str, local: str) -> None:
    assert local_image(image) == local


def test_built_image_is_what_the_build_script_names() -> None:
    assert built_image("snpeff", "0.1.0") == "seqstack/snpeff:0.1.0"
