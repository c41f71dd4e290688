from jobkit.read_groups import ReadGroup
from minimap2.commands import build_align_command


def test_build_align_command_takes_the_index_beside_the_fasta() -> None:
    command = build_align_command(
        "ref/genome.fa", ["r1", "r2"], ReadGroup("a", "S1", "u1"), threads=8, cmd_args=["-A", "4"]
    )
    assert command == [
        *("minimap2", "-a", "-x", "sr", "-K", "500M", "-Y", "-A", "4", "-t", "8"),
        *("-R", r"@RG\tID:a\tSM:S1\tPL:ILLUMINA\tLB:S1\tPU:u1"),
        *("ref/genome.fa.mmi", "r1", "r2"),
    ]
