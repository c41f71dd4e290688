from bwa.commands import build_align_command
from jobkit.read_groups import ReadGroup


def test_build_align_command_puts_every_lanes_group_into_the_first_header() -> None:
    first, second = ReadGroup("a", "S1", "u1"), ReadGroup("b", "S1", "u2")
    command = build_align_command(
        "ref/genome.fa",
        ["r1", "r2"],
        first,
        other_groups=[second],
        threads=8,
        cmd_args=["-k", "21"],
    )
    assert command == [
        *("bwa", "mem", "-K", "100000000", "-Y", "-k", "21", "-v", "3", "-t", "8"),
        *("-R", r"@RG\tID:a\tSM:S1\tPL:ILLUMINA\tLB:S1\tPU:u1"),
        *("-H", r"@RG\tID:b\tSM:S1\tPL:ILLUMINA\tLB:S1\tPU:u2"),
        *("ref/genome.fa", "r1", "r2"),
    ]
