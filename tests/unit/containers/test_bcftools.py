from pathlib import Path

from bcftools.commands import build_call_chain


def test_build_call_chain_gives_user_arguments_to_mpileup_after_the_defaults() -> None:
    mpileup, cut, call = build_call_chain(
        bam=Path("sorted.bam"),
        fasta=Path("ref.fa"),
        read_groups=Path("rg.txt"),
        bed=Path("w.bed"),
        seen_bed=Path("w.seen.bed"),
        gvcf=Path("w.g.vcf.gz"),
        cmd_args=["--min-MQ", "20", "--max-depth", "50"],
    )
    assert mpileup[:2] == ["bcftools", "mpileup"]
    assert mpileup.index("1000") < mpileup.index("50")
    assert {"FORMAT/AD", "FORMAT/DP"} <= set(mpileup[mpileup.index("--annotate") + 1].split(","))
    assert mpileup[mpileup.index("--regions-file") + 1] == "w.seen.bed"
    assert cut[cut.index("--targets-file") + 1] == "w.bed"
    assert cut[-1] == call[-1] == "-"
    assert "--gvcf" not in mpileup
    assert "--gvcf" in call
    assert "--variants-only" not in call
