"""freebayes: BAM to VCF and gVCF, by haplotypes.

The options are from the help of freebayes 1.3.6.
"""

from seqstack.domain.option_grammar import Grammar, Value
from seqstack.tools.definition import FAIDX, Program, ToolDefinition
from seqstack.tools.programs import BCFTOOLS, SAMTOOLS
from seqstack.tools.roles import call_arguments, call_inputs
from seqstack.tools.values import NUMBER, WHOLE, options, refused

_TWO = Value(r"[0-9]{1,9},[0-9]{1,9}", "two whole numbers such as 100,60")

_OPTIONS = Grammar(
    "freebayes",
    options(
        whole=(
            WHOLE,
            """
            -n --use-best-n-alleles -E --max-complex-gap --haplotype-length --min-repeat-size
            -m --min-mapping-quality -q --min-base-quality -R --min-supporting-allele-qsum
            -Y --min-supporting-mapping-qsum -Q --mismatch-base-quality-threshold
            -U --read-mismatch-limit --read-snp-limit -e --read-indel-limit
            -C --min-alternate-count -3 --min-alternate-qsum -G --min-alternate-total
            --min-coverage --limit-coverage -g --skip-coverage --base-quality-cap
            -B --genotyping-max-iterations --genotyping-max-banddepth
            """,
        ),
        number=(
            NUMBER,
            """
            -P --pvar -T --theta --min-repeat-entropy -z --read-max-mismatch-fraction
            -F --min-alternate-fraction --prob-contamination -S --genotype-variant-threshold
            -D --read-dependence-factor
            """,
        ),
        two=(_TWO, "--reference-quality -W --posterior-integration-limits"),
        flag=(
            None,
            """
            -Z --use-reference-allele --no-partial-observations -I --throw-away-snp-obs
            -i --throw-away-indels-obs -X --throw-away-mnp-obs -u --throw-away-complex-obs
            -O --dont-left-align-indels -4 --use-duplicate-reads -0 --standard-filters
            --trim-complex-tail -k --no-population-priors -w --hwe-priors-off
            -V --binomial-obs-priors-off -a --allele-balance-priors-off --legacy-gls
            --report-genotype-likelihood-max -N --exclude-unobserved-genotypes
            -j --use-mapping-quality -H --harmonic-indel-quality
            """,
        ),
    ),
    refused(
        """
        -c --stdin -r --region --gvcf --gvcf-chunk --gvcf-dont-use-chunk --report-monomorphic
        --report-all-haplotype-alleles --strict-vcf -p --ploidy -J --pooled-discrete
        -K --pooled-continuous -= --genotype-qualities -d --debug
        """,
        """
        -b --bam -L --bam-list -f --fasta-reference -t --targets -s --samples --populations
        -A --cnv-map -v --vcf -@ --variant-input -l --only-use-input-alleles
        --haplotype-basis-alleles --observation-bias --contamination-estimates
        """,
    ),
)

FREEBAYES = ToolDefinition(
    name="freebayes",
    folder="freebayes",
    step="callVariants",
    arguments=call_arguments,
    inputs=call_inputs,
    options=_OPTIONS,
    programs=(
        Program(
            "freebayes",
            "freebayes",
            version_command=("freebayes", "--version"),
            version_pattern=r"v([0-9.]+)",
        ),
        BCFTOOLS,
        SAMTOOLS,
    ),
    scratch_per_byte=2.0,  # the BAM, possibly a copy with another header, and the VCFs
    memory_limit_gib=64,
    vcpu_hours_per_gib=4.0,
    indexes=(FAIDX,),
)
