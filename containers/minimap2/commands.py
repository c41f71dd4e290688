"""minimap2's command line: pure."""

from collections.abc import Sequence

from jobkit.read_groups import ReadGroup

# Input bases per batch: minimap2's default, set explicitly in case it changes.
BATCH_BASES = "500M"


def build_align_command(
    reference: str,
    reads: Sequence[str],
    group: ReadGroup | None,
    *,
    threads: int,
    keeps_tags: bool = False,
    cmd_args: Sequence[str] = (),
) -> list[str]:
    """`minimap2 -ax sr` of one lane with the index beside `reference`, SAM to stdout.

    -Y soft-clips supplementary alignments, so that each record holds its whole read. -y keeps
    reads' tags.
    """
    own = [*(["-y"] if keeps_tags else []), *(["-R", group.header_line()] if group else [])]
    return [
        *("minimap2", "-a", "-x", "sr", "-K", BATCH_BASES, "-Y", *cmd_args),
        *("-t", str(threads), *own),
        *(f"{reference}.mmi", *reads),
    ]


def batch_bases(_cmd_args: Sequence[str]) -> int:
    """Parts of a lane may be cut after this many bases: batches have no effect on the result."""
    return 100_000
