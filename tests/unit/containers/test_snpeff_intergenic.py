from snpeff.intergenic import gene_intervals, suspicions

GFF = """##gff-version 3
chr1\tx\tregion\t1\t9000\t.\t+\t.\tID=r
chr1\tx\tgene\t100\t200\t.\t+\t.\tID=a
chr1\tx\tmRNA\t150\t300\t.\t+\t.\tID=b
chr1\tx\tgene\t500\t600\t.\t+\t.\tID=c
chr2\tx\tgene\t10\t20\t.\t+\t.\tID=d
##FASTA
>chr9\tx\tgene\t1\t2\t
""".splitlines(keepends=True)


def record(contig: str, position: int, *effects: str) -> str:
    annotations = ",".join(f"T|{effect}|MODIFIER|||" for effect in effects)
    return f"{contig}\t{position}\t.\tA\tT\t50\tPASS\tDP=9;ANN={annotations}\tGT\t0/1\n"


def codes(*records: str, known: bool = True) -> list[str]:
    genes = gene_intervals(GFF) if known else None
    return [each.code for each in suspicions(["##x\n", "#CHROM\n", *records], genes)]


def test_gene_intervals_are_merged_and_leave_other_features_out() -> None:
    assert gene_intervals(GFF) == {"chr1": [(100, 300), (500, 600)], "chr2": [(10, 20)]}


def test_variants_in_genes_that_are_all_intergenic_are_suspicious() -> None:
    assert codes(record("chr1", 300, "intergenic_region")) == ["genesNotSeen"]
    assert codes(record("chr1", 100, "intergenic_region")) == ["genesNotSeen"]


def test_variants_outside_of_genes_may_be_intergenic() -> None:
    between = [record("chr1", at, "intergenic_region") for at in (99, 301, 499, 601)]
    assert codes(*between, record("chr3", 5, "intergenic_region")) == []


def test_one_variant_with_a_gene_clears_its_contig_and_no_other() -> None:
    one = record("chr1", 150, "intergenic_region")
    other = record("chr1", 160, "intergenic_region", "missense_variant")
    assert codes(one, other) == codes(other, one) == []
    assert codes(other, record("chr2", 15, "intergenic_region")) == ["genesNotSeen"]


def test_many_variants_of_a_fetched_database_that_are_all_intergenic_are_suspicious() -> None:
    records = [record("chr1", at, "intergenic_region") for at in range(1, 21)]
    assert codes(*records, known=False) == ["allIntergenic"]
    assert codes(*records[1:], known=False) == []
    assert codes(*records, record("chr2", 1, "intron_variant"), known=False) == []


def test_no_variant_is_not_suspicious_here() -> None:
    assert codes() == codes(known=False) == []
