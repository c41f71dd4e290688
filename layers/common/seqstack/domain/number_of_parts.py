"""The number of parts in which a run aligns its reads."""

from seqstack.domain.reads.parts import MAX_PARTS
from seqstack.domain.scratch import GIB
from seqstack.domain.sequencing import Sequencing

# About 40 million reads of 150 bases: 45 minutes on 16 vCPUs, after the part has been reached.
_BYTES_PER_PART = 4 * GIB
_LEAST_BY_DEFAULT = 4

type Asked = bool | int | None
"""What a run's input says: a number, True for one by the size, False for one job; or nothing."""


def number_of_parts(asked: Asked, input_bytes: int, sequencing: Sequencing | None) -> int:
    """The number of parts in which reads of this size are aligned; 1 to align them at once.

    Args:
        asked: None for the default: by the size if that gives several, and not for an exome.
        input_bytes: of the gzipped FASTQ files.
        sequencing: what was sequenced, if it is known.
    """
    by_size = min(max(1, round(input_bytes / _BYTES_PER_PART)), MAX_PARTS)
    match asked:
        case True:
            return max(2, by_size)
        case False:
            return 1
        case None:
            is_small = by_size < _LEAST_BY_DEFAULT or sequencing is Sequencing.EXOME
            return 1 if is_small else by_size
        case number:
            return number
