from pathlib import Path

from jobkit.joining import build_finish_chain, build_variants_command


def test_variants_leave_no_reference_block_and_are_left_aligned() -> None:
    assert 'GT="alt"' in build_variants_command(Path("a"), Path("b"))
    concat, norm, mark = build_finish_chain(Path("l"), Path("r.fa"), Path("v"), threads=2)
    assert (concat[1], norm[1], mark[1]) == ("concat", "norm", "filter")
    assert norm[norm.index("--fasta-ref") + 1] == "r.fa"
    assert mark[mark.index("--soft-filter") + 1] == "LowQual"
