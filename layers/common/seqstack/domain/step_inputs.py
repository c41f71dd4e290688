"""Which objects each step reads."""

from collections.abc import Callable

from seqstack.domain.run_input import RunInput, ToolSettings
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import Tool

# made by `bwa index`
BWA_INDEX_SUFFIXES = (".amb", ".ann", ".bwt", ".pac", ".sa")


def step_inputs(run: RunInput, settings: ToolSettings) -> tuple[S3Uri, ...]:
    """Every object that the step reads from S3, earlier steps' results among them.

    A folder (its key ends in `/`) stands for every object in it. A job that reads more than this
    is never remembered: nothing would tell when that has changed.
    """
    return _INPUTS[settings.tool](run, settings)


def _reads(run: RunInput) -> tuple[S3Uri, ...]:
    return tuple(uri for lane in run.lanes for uri in (lane.read1, lane.read2))


def _bwa(run: RunInput, _: ToolSettings) -> tuple[S3Uri, ...]:
    index = (run.reference.with_suffix(suffix) for suffix in (".fai", *BWA_INDEX_SUFFIXES))
    return (*_reads(run), run.reference, *index)


def _isaac(run: RunInput, settings: ToolSettings) -> tuple[S3Uri, ...]:
    # sorted-reference.xml names the FASTA beside it: only the job knows which
    return (*_reads(run), settings.isaac_reference or run.reference)


def _caller(run: RunInput, _: ToolSettings) -> tuple[S3Uri, ...]:
    bam, reference = run.layout.bam, run.reference
    return (bam, bam.with_suffix(".bai"), reference, reference.with_suffix(".fai"))


def _stats(run: RunInput, _: ToolSettings) -> tuple[S3Uri, ...]:
    return (run.layout.bam, run.reference)


def _annotator(run: RunInput, _: ToolSettings) -> tuple[S3Uri, ...]:
    genes = (run.reference, run.annotation) if run.annotation else ()
    return (run.layout.variants, *genes)


_INPUTS: dict[Tool, Callable[[RunInput, ToolSettings], tuple[S3Uri, ...]]] = {
    Tool.ISAAC: _isaac,
    Tool.BWA: _bwa,
    Tool.STRELKA: _caller,
    Tool.BCFTOOLS: _caller,
    Tool.SAMTOOLS_STATS: _stats,
    Tool.SNPEFF: _annotator,
}
