"""The steps of a sample as shell scripts, of the same command lines as SeqStack's jobs.

A script runs in a folder that has `reference/`, `windows/`, both files of reads and what earlier
steps made. So any engine can run it.
"""

import json
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bcftools.commands import READ_BASES, build_call_chain
from benchmarks.samples import Sample
from bwa.commands import build_align_command
from jobkit.contigs import read_fai
from jobkit.fastq import first_header
from jobkit.java import build_java_prefix, heap_mib
from jobkit.joining import (
    build_finish_chain,
    build_gvcf_command,
    build_index_command,
    build_variants_command,
)
from jobkit.read_groups import read_groups
from jobkit.sorting import build_fixmate_command, build_sort_commands
from jobkit.windows import Interval, as_bed, begun_earlier, plan_windows, within
from multiqc.charts import build_draw_command
from multiqc.commands import (
    REPORT_NAME,
    build_heterozygous_command,
    build_multiqc_command,
    build_variant_stats_command,
    multiqc_config,
)
from picard.commands import build_insert_size_command, build_target_command, quick_start
from picard.files import dictionary, interval_list
from seqstack.domain.reference.annotation import AnnotationFormat
from seqstack.domain.reference.contigs import Contig
from seqstack.domain.reference.targets import read_targets
from seqstack.domain.sample import DEFAULT_TARGET_PADDING
from seqstack.domain.words import Step
from seqstack.tools.picard import JAR as PICARD_JAR
from seqstack.tools.snpeff_database import JAR as SNPEFF_JAR
from snpeff.commands import STATISTICS_NAME, build_annotate_command, build_database_command
from snpeff.commands import build_index_command as build_tabix_command
from snpeff.commands import build_pack_command as build_bgzip_command
from snpeff.database import BUILT_GENOME, write_config

READS = ("reads_1.fastq.gz", "reads_2.fastq.gz")
GIVEN = ("reference", "windows", "steps", *READS)
"""What `lay_out` makes."""
VARIANTS, ANNOTATED = "variants.vcf.gz", "variants.ann.vcf.gz"

_FASTA, _BAM = Path("reference/genome.fa"), "sorted.bam"
_BAI = f"{_BAM}.bai"
_COVERAGE, _INSERT_SIZES = "coverage_metrics.txt", "insert_size_metrics.txt"
_STATS, _DEPTH = "bam_stats.dat", "target_depth.tsv"
_SORT_MIB = 2048
_QUICK_START_BAM_BYTES = 256 << 20
# Words that become the shell's: the working folder, and a window.
_HERE, _WINDOW = "HERE", "WINDOW"


class Share(NamedTuple):
    """What a step's job has of the machine."""

    threads: int
    memory_gib: float


@dataclass(frozen=True, slots=True)
class StepScript:
    """A step: the files that it needs of earlier steps, and makes; its threads; its script."""

    needs: tuple[str, ...]
    makes: tuple[str, ...]
    threads: int
    script: str

    @property
    def text(self) -> str:
        """The whole script."""
        return f"set -euo pipefail\n{self.script.strip()}\n"


def lay_out(
    given: Sample, shares: Mapping[Step, Share], folder: Path, charts: str = "{}"
) -> dict[Step, StepScript]:
    """Make the folder of a sample: reads, reference with indexes, windows, charts and scripts."""
    reference = folder / "reference"
    for each in (reference, folder / "windows", folder / "steps"):
        each.mkdir(parents=True)
    for name, path in zip(READS, (given.fastq1, given.fastq2), strict=True):
        (folder / name).symlink_to(path)
    fasta = folder / _FASTA
    fasta.symlink_to(given.reference)
    (reference / "genes.gff3").symlink_to(given.annotation)
    for command in (["samtools", "faidx", str(fasta)], ["bwa", "index", str(fasta)]):
        subprocess.run(command, check=True, capture_output=True)
    contigs = [Contig(*each) for each in read_fai(Path(f"{fasta}.fai")).items()]
    targets = read_targets(given.targets.read_bytes().splitlines(), contigs)
    fasta.with_suffix(".dict").write_text("".join(dictionary(contigs)))
    (reference / "targets.interval_list").write_text("".join(interval_list(contigs, targets)))
    (reference / "snpEff.config").write_text(write_config(BUILT_GENOME, {}))
    sample = given.sample_id
    (reference / "multiqc_config.json").write_text(json.dumps(multiqc_config(sample)))
    (reference / "charts.json").write_text(charts)
    wider = targets.padded(DEFAULT_TARGET_PADDING, contigs).regions
    regions = [Interval(contigs[number].name, start, end) for number, start, end in wider]
    windows = within(plan_windows({each.name: each.length for each in contigs}), regions)
    seen = begun_earlier(windows, READ_BASES, [Interval(c.name, 0, c.length) for c in contigs])
    for number, (window, more) in enumerate(zip(windows, seen, strict=True), start=1):
        (folder / f"windows/{number:05d}.bed").write_text(as_bed(window))
        (folder / f"windows/{number:05d}.seen.bed").write_text(as_bed(more))
    bam_bytes = sum(path.stat().st_size for path in (given.fastq1, given.fastq2))
    scripts = {
        Step.ALIGN: _align(given, shares[Step.ALIGN].threads),
        Step.CALL_VARIANTS: _call(sample, shares[Step.CALL_VARIANTS]),
        Step.ANNOTATE: _annotate(shares[Step.ANNOTATE]),
        Step.ALIGNMENT_STATS: _stats(shares[Step.ALIGNMENT_STATS]),
        Step.TARGET_METRICS: _metrics(
            sample, shares[Step.TARGET_METRICS], is_small=bam_bytes < _QUICK_START_BAM_BYTES
        ),
        Step.AGGREGATE_QC: _aggregate(sample, shares[Step.AGGREGATE_QC]),
    }
    for step, script in scripts.items():
        (folder / f"steps/{step}.sh").write_text(script.text)
    return scripts


def _chain(*commands: Sequence[str], output: str = "") -> str:
    words = " | ".join(shlex.join(command) for command in commands)
    words = words.replace(_HERE, '"$PWD"').replace(_WINDOW, "$1")
    return f"{words} >{output}\n" if output else f"{words}\n"


def align_in_stream(sample: Sample, threads: int) -> str:
    """Lines that align all reads through one chain of pipes."""
    return _chain(
        _aligner(sample, threads),
        build_fixmate_command(threads=threads),
        *build_sort_commands(_BAM, threads=threads, sort_mib=_SORT_MIB),
    )


def align_in_turn(sample: Sample, threads: int) -> str:
    """Lines that do the same by one program after the other, with files between them."""
    samtools, helpers = "samtools", ["-@", str(threads - 1)]
    return (
        _chain(_aligner(sample, threads), output="aligned.sam")
        + _chain([samtools, "fixmate", *helpers, "-m", "aligned.sam", "fixed.bam"])
        + _chain([samtools, "sort", *helpers, "-m", f"{_SORT_MIB}M", "-o", "s.bam", "fixed.bam"])
        + _chain([samtools, "markdup", *helpers, "s.bam", _BAM])
        + _chain([samtools, "index", *helpers, _BAM])
    )


def _aligner(sample: Sample, threads: int) -> list[str]:
    (group,) = read_groups(sample.sample_id, [first_header(sample.fastq1)])
    return build_align_command(str(_FASTA), READS, group, threads=threads)


def _align(sample: Sample, threads: int) -> StepScript:
    return StepScript(
        READS,
        (_BAM, _BAI, f"{_BAM}.md5"),
        threads,
        align_in_stream(sample, threads)
        + _chain(["samtools", "flagstat", "-@", str(threads - 1), _BAM], output="flagstat.txt")
        + _chain(["md5sum", _BAM], output=f"{_BAM}.md5"),
    )


def _call(sample: str, share: Share) -> StepScript:
    folder = Path("called")
    part = folder / f"{_WINDOW}.g.vcf.gz"
    call = build_call_chain(
        bam=Path(_BAM),
        fasta=_FASTA,
        read_groups=folder / "read_groups.txt",
        bed=Path(f"windows/{_WINDOW}.bed"),
        seen_bed=Path(f"windows/{_WINDOW}.seen.bed"),
        gvcf=part,
    )
    select = build_variants_command(part, folder / f"{_WINDOW}.bcf")
    gvcfs, variants, gvcf = folder / "gvcfs.txt", folder / "variants.txt", Path("genome.vcf.gz")
    pool = f"ls windows | cut -d. -f1 | uniq | xargs -P {share.threads} -n 1 bash -euo pipefail -c"
    return StepScript(
        (_BAM, _BAI),
        tuple(f"{name}{suffix}" for name in (VARIANTS, gvcf) for suffix in ("", ".tbi")),
        share.threads,
        f"mkdir called\nprintf '*\\t{_BAM}\\t{sample}\\n' >called/read_groups.txt\n"
        f"call() {{ {_chain(*call)}{_chain(select)}}}\nexport -f call\n"
        f"{pool} 'call \"$1\"' call\n"
        f"ls called/*.g.vcf.gz >{gvcfs}\nls called/*.bcf >{variants}\n"
        + _chain(build_gvcf_command(gvcfs, gvcf))
        + _chain(*build_finish_chain(variants, _FASTA, Path(VARIANTS), threads=share.threads))
        + _chain(build_index_command(gvcf))
        + _chain(build_index_command(Path(VARIANTS))),
    )


def _annotate(share: Share) -> StepScript:
    heap = heap_mib(share.memory_gib)
    java = build_java_prefix(SNPEFF_JAR, heap, Path(f"{_HERE}/snpeff_tmp"))
    config, home = Path(f"{_HERE}/database/snpEff.config"), f"database/data/{BUILT_GENOME}"
    return StepScript(
        (VARIANTS,),
        (ANNOTATED, f"{ANNOTATED}.tbi", STATISTICS_NAME),
        1,
        f"mkdir -p snpeff_tmp {home}\ncp reference/snpEff.config database\n"
        f'ln -s "$PWD/{_FASTA}" {home}/sequences.fa\n'
        f'ln -s "$PWD/reference/genes.gff3" {home}/genes.gff\n'
        + _chain(build_database_command(java, config, BUILT_GENOME, AnnotationFormat.GFF3))
        + _chain(
            build_annotate_command(
                java,
                config=config,
                data=Path(f"{_HERE}/database/data"),
                genome=BUILT_GENOME,
                vcf=Path(VARIANTS),
            ),
            build_bgzip_command(share.threads),
            output=ANNOTATED,
        )
        + _chain(build_tabix_command(Path(ANNOTATED))),
    )


def _stats(share: Share) -> StepScript:
    helpers = str(share.threads - 1)
    command = ["samtools", "stats", "--threads", helpers, "--ref-seq", str(_FASTA), _BAM]
    return StepScript((_BAM,), (_STATS,), 1, _chain(command, output=_STATS))


def _metrics(sample: str, share: Share, *, is_small: bool) -> StepScript:
    bam = Path(f"{sample}.bam")

    def java(part: float) -> list[str]:
        heap = heap_mib(share.memory_gib, part)
        prefix = build_java_prefix(PICARD_JAR, heap, Path(f"{_HERE}/picard_tmp"))
        return quick_start(prefix) if is_small else prefix

    coverage = build_target_command(
        java(0.75),
        bam=bam,
        fasta=_FASTA,
        targets=Path("reference/targets.interval_list"),
        metrics=Path(_COVERAGE),
        depth=Path(_DEPTH),
    )
    sizes = build_insert_size_command(
        java(0.25), bam=bam, fasta=_FASTA, metrics=Path(_INSERT_SIZES)
    )
    return StepScript(
        (_BAM, _BAI),
        (_COVERAGE, _INSERT_SIZES, f"{_DEPTH}.gz"),
        share.threads,
        'mkdir picard_tmp bin\nln -s "$(type -P true)" bin/Rscript\n'
        f"ln -s {_BAM} {bam}\nln -s {_BAI} {bam}.bai\n"
        'export PATH="$PWD/bin:$PATH"\n'
        f"{_chain(coverage).strip()} & coverage=$!\n{_chain(sizes).strip()} & sizes=$!\n"
        "wait $coverage\nwait $sizes\n"
        + _chain(build_bgzip_command(share.threads), output=f"{_DEPTH}.gz <{_DEPTH}"),
    )


def _aggregate(sample: str, share: Share) -> StepScript:
    sources = (_STATS, STATISTICS_NAME, _COVERAGE, _INSERT_SIZES)
    copies = "".join(f"mkdir -p figures/{n}\ncp {n} figures/{n}/{sample}\n" for n in sources)
    report = build_multiqc_command(
        Path("reference/multiqc_config.json"),
        ["bcftools", "picard", "samtools", "snpeff"],
        Path("figures"),
    )
    python = Path(shutil.which("multiqc") or "multiqc").resolve().with_name("python")
    draw = build_draw_command(python, Path("reference/charts.json"))
    return StepScript(
        (VARIANTS, *sources),
        (REPORT_NAME,),
        share.threads,
        f"{copies}mkdir -p figures/variants\n"
        + _chain(build_variant_stats_command(Path(VARIANTS)), output=f"figures/variants/{sample}")
        + _chain(build_heterozygous_command(Path(VARIANTS)), output="heterozygous.tsv")
        + f"{_chain(report).strip()} & report=$!\n"
        + f"{_chain(draw, output='drawn.json').strip()} & draw=$!\n"
        + "wait $report\nwait $draw\n",
    )
