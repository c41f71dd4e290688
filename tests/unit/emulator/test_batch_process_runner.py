import pytest

from emulator.batch.process_runner import exit_code, tool_folder


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


@pytest.mark.parametrize(("status", "code"), [(0, 0), (3, 3), (137, 137), (-9, 137), (-15, 143)])
def test_exit_code_of_a_signal_is_128_and_its_number(status: int, code: int) -> None:
    assert exit_code(status) == code
