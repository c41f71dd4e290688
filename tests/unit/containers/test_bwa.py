from bwa.commands import build_align_command
from jobkit.read_groups import ReadGroup


def test_build_align_command_names_the_lanes_read_group() -> None:
    group = ReadGroup("a", "S1", "u1")
    command = build_align_command(
        "ref/genome.fa",
        ["r1", "r2"],
        group,
        threads=8,
        cmd_args=["-k", "21"],
    )
    assert command == [
        *("bwa", "mem", "-K", "100000000", "-Y", "-k", "21", "-v", "3", "-t", "8"),
        *("-R", r"@RG\tID:a\tSM:S1\tPL:ILLUMINA\tLB:S1\tPU:u1"),
        *("ref/genome.fa", "r1", "r2"),
    ]
