from pathlib import Path

from freebayes.commands import build_call_chain


def test_build_call_chain_leaves_out_what_differs_from_run_to_run() -> None:
    call, same, pack = build_call_chain(
        bam=Path("sorted.bam"),
        fasta=Path("ref.fa"),
        bed=Path("w.bed"),
        gvcf=Path("w.g.vcf.gz"),
        cmd_args=["-C", "3"],
    )
    assert call == [
        *("freebayes", "--fasta-reference", "ref.fa", "--genotype-qualities", "-C", "3"),
        *("--gvcf", "--gvcf-chunk", "1000", "--targets", "w.bed", "sorted.bam"),
    ]
    assert same == ["sed", "-e", "/^##fileDate=/d", "-e", "/^##commandline=/d"]
    assert pack[:3] == ["bcftools", "view", "--no-version"]
    assert pack[-2:] == ["w.g.vcf.gz", "-"]
