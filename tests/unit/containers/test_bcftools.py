from pathlib import Path

from bcftools.commands import build_call_chain


def test_build_call_chain_gives_user_arguments_to_mpileup_after_the_defaults() -> None:
    mpileup, call = build_call_chain(
        bam=Path("sorted.bam"),
        fasta=Path("ref.fa"),
        read_groups=Path("rg.txt"),
        bed=Path("w.bed"),
        gvcf=Path("w.g.vcf.gz"),
        cmd_args=["--min-MQ", "20", "--max-depth", "50"],
    )
    assert mpileup[:2] == ["bcftools", "mpileup"]
    assert mpileup.index("1000") < mpileup.index("50")
    assert {"FORMAT/AD", "FORMAT/DP"} <= set(mpileup[mpileup.index("--annotate") + 1].split(","))
    assert mpileup[mpileup.index("--regions-file") + 1] == "w.bed"
    assert call[-1] == "-"
    assert "--gvcf" in mpileup
    assert "--gvcf" in call
    assert "--variants-only" not in call
