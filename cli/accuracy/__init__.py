"""How a sample's called variants compare with a truth: by haplotypes, genotypes and strata."""
