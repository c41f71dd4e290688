from pathlib import Path

import pytest

from strelka.commands import build_configure_command, build_run_command


def test_build_configure_command_keeps_the_users_arguments() -> None:
    assert build_configure_command(Path("b.bam"), Path("g.fa"), Path("run"), ["--exome"]) == [
        *("configureStrelkaGermlineWorkflow.py", "--bam", "b.bam", "--referenceFasta", "g.fa"),
        *("--exome", "--runDir", "run"),
    ]


@pytest.mark.parametrize(
    ("memory_gib", "expected"),
    [(None, "2"), (0.5, "2"), (1, "2"), (2, "2"), (7.9, "7"), (32, "32")],
)
def test_build_run_command_gives_whole_gb_never_below_two(
    memory_gib: float | None, expected: str
) -> None:
    assert build_run_command(Path("run"), threads=4, memory_gib=memory_gib) == [
        *("python2", "run/runWorkflow.py", "-m", "local", "-j", "4", "-g", expected, "--quiet"),
    ]
