"""Isaac's command line and sample sheet: pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from isaac.sizing import Sizing
from jobkit.options import has_option

PROJECT = "seqstack"
_LANES_BY_DEFAULT = 8
_LEAST_NAME_LENGTH = 100
_SHEET_COLUMNS = "FCID,Lane,SampleID,SampleRef,Barcode,Description,Control,Recipe,Operator,Project"


@dataclass(frozen=True, slots=True)
class Reads:
    """Properties of the FASTQ files that the command line needs.

    Attributes:
        lanes: how many.
        is_gzipped: all of them, or none.
        is_variable: reads differ in length.
        longest_name: characters of the longest read name.
    """

    lanes: int
    is_gzipped: bool
    is_variable: bool
    longest_name: int

    @property
    def name_length(self) -> int:
        """The value of --read-name-length."""
        return max(_LEAST_NAME_LENGTH, self.longest_name)


def fastq_name(lane: int, side: int, *, is_gzipped: bool) -> str:
    """The file name that isaac-align expects for a lane's file; lanes count from 1."""
    return f"lane{lane}_read{side}.fastq{'.gz' if is_gzipped else ''}"


def write_sample_sheet(sample: str, lanes: int) -> str:
    """One row per lane: a lane without a row makes isaac-align loop for ever."""
    rows = [f"FC,{lane},{sample},default,,,N,,,{PROJECT}" for lane in range(1, lanes + 1)]
    return "\n".join([_SHEET_COLUMNS, *rows]) + "\n"


def bam_folder(output: str, sample: str) -> str:
    """Where isaac-align puts a sample's BAM."""
    return f"{output}/Projects/{PROJECT}/{sample}"


def build_align_command(
    *,
    reference: str,
    fastq_folder: str,
    sample_sheet: str,
    output: str,
    temporary: str,
    reads: Reads,
    sizing: Sizing,
    threads: int,
    cmd_args: Sequence[str] = (),
) -> list[str]:
    """`isaac-align`; buffer sizes in `cmd_args` override ours.

    Without the mask the last cycle of each read is dropped; without the name length, longer names
    are cut from the front; without -j it uses all cores of the host.
    """
    sizes = {
        "--hash-table-buckets": sizing.buckets,
        "--clusters-at-a-time": sizing.clusters,
    }
    return [
        *("isaac-align", "-r", reference, "-b", fastq_folder),
        *("-f", "fastq-gz" if reads.is_gzipped else "fastq", "-s", sample_sheet),
        *("--use-bases-mask", "y*,y*", "--read-name-length", str(reads.name_length)),
        *(("--variable-read-length", "1") if reads.is_variable else ()),
        *(("--lane-number-max", str(reads.lanes)) if reads.lanes > _LANES_BY_DEFAULT else ()),
        *("-m", str(sizing.memory_gib), "-j", str(threads)),
        *(
            word
            for name, value in sizes.items()
            if not has_option(cmd_args, name)
            for word in (name, str(value))
        ),
        *cmd_args,
        *("-o", output, "-t", temporary),
    ]
