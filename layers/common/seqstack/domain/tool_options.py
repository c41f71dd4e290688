"""Which options a run's `cmdArgs` may give to each tool.

None of them makes a tool read, write or run anything but what its job gives it. The lists are from
the help of bwa 0.7.17, samtools and bcftools 1.16 and 1.21 and snpEff 5.1, from bwa's source, from
Strelka 2.9.10's configureStrelkaGermlineWorkflow.py and strelkaSharedOptions.py, and from Isaac 4's
manual.
"""

from collections.abc import Sequence
from typing import Final

from seqstack.domain.option_grammar import Argument, Grammar, Refusal, Value
from seqstack.domain.words import Tool

_NUMBER_PATTERN: Final = r"[+-]?([0-9]{1,18}(\.[0-9]{0,18})?|\.[0-9]{1,18})([eE][+-]?[0-9]{1,3})?"
_CONTIG: Final = r"[A-Za-z0-9][A-Za-z0-9_.*|+-]*"

_WHOLE = Value(r"[+-]?[0-9]{1,18}", "a whole number")
_NUMBER = Value(_NUMBER_PATTERN, "a number")
_NUMBERS = Value(rf"{_NUMBER_PATTERN}(,{_NUMBER_PATTERN})*", "numbers, separated by commas")
_SWITCH = Value("[01]", "0 or 1")
_NAME = Value(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", "a name of letters, digits, '_', '.' and '-'")
_NAMES = Value(r"\^?[A-Za-z0-9_][A-Za-z0-9_.,-]*", "names, separated by commas")
_READ_FLAGS = Value(r"0[xX][0-9A-Fa-f]{1,4}|[A-Z0-9_]+(,[A-Z0-9_]+)*", "SAM flags")
_REGION = Value(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(:[0-9]+-[0-9]+)?", "a region such as chr1:1-1000")
_REGIONS = Value(
    rf"\^?{_CONTIG}(:[0-9-]+)?(,{_CONTIG}(:[0-9-]+)?)*", "regions such as chr1:1-1000,chr2"
)
_TAGS = Value(
    r"-?((FORMAT|FMT|INFO)/)?[A-Z0-9_]+(,-?((FORMAT|FMT|INFO)/)?[A-Z0-9_]+)*",
    "tags such as FORMAT/AD,INFO/AD",
)
_PROFILE = Value(
    r"1\.12|(illumina|bgi|ont|ont-sup|pacbio-ccs|ultima)(-1\.[0-9]{2})?",
    "a profile such as illumina",
)
_GENOME = Value(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", "the name of a snpEff database")


def _one_of(*words: str) -> Value:
    return Value("|".join(words), f"one of {', '.join(words)}")


def _refused(set_here: str = "", names_files: str = "") -> dict[str, Refusal]:
    return dict.fromkeys(set_here.split(), Refusal.SET_HERE) | dict.fromkeys(
        names_files.split(), Refusal.NAMES_FILES
    )


def _options(**kinds: tuple[Value | None, str]) -> dict[str, Value | None]:
    return {name: value for value, names in kinds.values() for name in names.split()}


_BWA = Grammar(
    "bwa mem",
    _options(
        whole=(_WHOLE, "-k -w -d -y -c -W -m -A -B -U -K -T"),
        number=(_NUMBER, "-r -D"),
        numbers=(_NUMBERS, "-O -E -L -h -I"),
        preset=(_one_of("pacbio", "ont2d", "intractg"), "-x"),
        flag=(None, "-S -P -j -5 -q -a -C -V -Y -M"),
    ),
    # -f is -o under another name, and in no help.
    _refused("-t -R -p -v", "-o -f -H"),
)

_ISAAC = Grammar(
    "isaac-align",
    _options(
        whole=(
            _WHOLE,
            """
            --anomalous-pair-handicap --bam-gzip-level --base-quality-cutoff
            --candidate-matches-max --clusters-at-a-time --detect-template-block-size
            --expected-coverage --hash-table-buckets --mapq-threshold
            --match-finder-shadow-split-repeats --match-finder-too-many-repeats
            --match-finder-way-too-many-repeats --neighborhood-size-threshold --realign-mapq-min
            --realigned-gaps-per-fragment --repeat-threshold --seed-base-quality-min
            --seed-length --shadow-scan-range --smith-waterman-gap-size-max
            --smith-waterman-gaps-max --split-gap-length --target-bin-size --verbosity
            """,
        ),
        number=(_NUMBER, "--expected-bgzf-ratio"),
        switch=(
            _SWITCH,
            """
            --anchor-mate --bam-pessimistic-mapq --clip-overlapping --clip-semialigned
            --keep-duplicates --mark-duplicates --per-tile-tls --pf-only --pre-allocate-bins
            --pre-sort-bins --realign-dodgy --realign-vigorously --rescue-shadows
            --scatter-repeats --single-library-samples --split-alignments --trim-pe
            """,
        ),
        adapters=(
            Value(r"Standard|Nextera|NexteraMp|[ACGTN*,]{1,500}", "adapters, or Standard, Nextera"),
            "--default-adapters",
        ),
        score=(
            Value(r"Unaligned|Unknown|[0-9]{1,3}", "Unaligned, Unknown or 0 to 254"),
            "--dodgy-alignment-score",
        ),
        scoring=(
            Value(
                r"eland|bwa|bwa-mem|-?[0-9]+(:-?[0-9]+){4,5}",
                "eland, bwa, bwa-mem or m:mm:go:ge:me:gl",
            ),
            "--gap-scoring",
        ),
        unaligned=(_one_of("discard", "front", "back"), "--keep-unaligned"),
        realign=(_one_of("no", "sample", "project", "all"), "--realign-gaps"),
        smith=(_one_of("always", "smart", "never"), "--use-smith-waterman"),
        tags=(_NAMES, "--bam-exclude-tags"),
    ),
    _refused(
        """
        -r --reference-genome -f --base-calls-format -m --memory-limit -j --jobs
        --use-bases-mask --lane-number-max --read-name-length --variable-read-length
        --start-from --stop-at
        """,
        """
        -b --base-calls -s --sample-sheet -o --output-directory -t --temp-directory
        --known-indels --response-file
        """,
    ),
)

_STRELKA = Grammar(
    "configureStrelkaGermlineWorkflow.py",
    _options(
        whole=(_WHOLE, "--callMemMb --scanSizeMb"),
        region=(_REGION, "--region"),
        contig=(_NAME, "--callContinuousVf"),
        flag=(
            None,
            """
            --exome --targeted --rna --disableEVS --disableSequenceErrorEstimation
            --reportEVSFeatures --retainTempFiles
            """,
        ),
    ),
    _refused(
        "--bam --referenceFasta",
        """
        --runDir --config --callRegions --forcedGT --indelCandidates --ploidy --noCompress
        --snvScoringModelFile --indelScoringModelFile
        """,
    ),
)

_BCFTOOLS = Grammar(
    "bcftools mpileup",
    _options(
        whole=(
            _WHOLE,
            """
            -C --adjust-MQ -d --max-depth -q --min-MQ -Q --min-BQ --max-BQ --delta-BQ --seed -e
            --ext-prob -h --tandem-qual -L --max-idepth -m --min-ireads -M --max-read-len
            --open-prob --indel-size
            """,
        ),
        number=(_NUMBER, "-F --gap-frac --indel-bias"),
        read_flags=(
            _READ_FLAGS,
            """
            --ls --skip-all-set --ns --skip-any-set --lu --skip-all-unset --nu --skip-any-unset
            --rf --incl-flags --ff --excl-flags
            """,
        ),
        names=(_NAMES, "-s --samples -P --platforms"),
        regions=(_REGIONS, "-t --targets"),
        tags=(_TAGS, "-a --annotate"),
        profile=(_PROFILE, "-X --config"),
        ambiguous=(_one_of("drop", "incAD", "incAD0"), "--ar --ambig-reads"),
        flag=(
            None,
            """
            -6 --illumina1.3+ -A --count-orphans -B --no-BAQ -D --full-BAQ -E --redo-BAQ
            --ignore-RG -x --ignore-overlaps -U --mwu-u -I --skip-indels -p --per-sample-mF
            --indels-2.0 --indels-cns
            """,
        ),
    ),
    _refused(
        """
        -f --fasta-ref --no-reference -G --read-groups -r --regions -O --output-type -g --gvcf
        --threads --no-version
        """,
        "-o --output -b --bam-list -R --regions-file -S --samples-file -T --targets-file",
    ),
)

_SAMTOOLS_STATS = Grammar(
    "samtools stats",
    _options(
        whole=(
            _WHOLE,
            "-i --insert-size -l --read-length -q --trim-quality -g --cov-threshold",
        ),
        number=(_NUMBER, "--GC-depth -m --most-inserts"),
        numbers=(_NUMBERS, "-c --coverage"),
        read_flags=(_READ_FLAGS, "-f --required-flag -F --filtering-flag"),
        name=(_NAME, "-I --id"),
        flag=(None, "-d --remove-dups -s --sam -x --sparse -p --remove-overlaps"),
    ),
    _refused(
        "-r --ref-seq -@ --threads --verbosity",
        """
        -X --customized-index-file -P --split-prefix -S --split -t --target-regions --reference
        --input-fmt-option
        """,
    ),
)

_SNPEFF = Grammar(
    "snpEff ann",
    _options(
        whole=(
            _WHOLE,
            """
            -maxTSL -ss -spliceSiteSize -spliceRegionExonSize -spliceRegionIntronMin
            -spliceRegionIntronMax -ud -upDownStreamLen
            """,
        ),
        name=(_NAME, "-chr -no -reg"),
        flag=(
            None,
            """
            -canon -classic -formatEff -geneId -hgvs -hgvsOld -hgvs1LetterAa -hgvsTrId
            -interaction -lof -motif -nextProt -no-downstream -no-intergenic -no-intron
            -no-upstream -no-utr -noExpandIUB -noHgvs -noInteraction -noLof -noMotif -noNextProt
            -noShiftHgvs -noStats -oicr -onlyProtein -onlyReg -q -quiet -sequenceOntology
            -strict -t -v -verbose
            """,
        ),
    ),
    _refused(
        "-i -o -download -nodownload -noLog -noGenome -h -help -version -d -debug",
        """
        -c -config -configOption -dataDir -s -stats -htmlStats -csvStats -fastaProt -fileList
        -fi -filterInterval -interval -canonList -onlyTr -cancerSamples
        """,
    ),
    operand=_GENOME,
    has_letters=False,
)

GRAMMARS: Final = {
    Tool.ISAAC: _ISAAC,
    Tool.BWA: _BWA,
    Tool.STRELKA: _STRELKA,
    Tool.BCFTOOLS: _BCFTOOLS,
    Tool.SAMTOOLS_STATS: _SAMTOOLS_STATS,
    Tool.SNPEFF: _SNPEFF,
}


def read_options(tool: Tool, words: Sequence[str]) -> tuple[list[Argument], list[str]]:
    """The arguments that a run may give to `tool`, and a message for each that it may not."""
    arguments, problems = GRAMMARS[tool].read(words)
    operands = [argument.words[0] for argument in arguments if not argument.option]
    if len(operands) > 1:
        problems.append(f"more than one database is named: {', '.join(operands)}; keep one")
    return arguments, problems
