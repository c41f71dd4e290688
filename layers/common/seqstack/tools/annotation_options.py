"""The options that name what annotation needs, where several tools take the same."""

from collections.abc import Iterator, Mapping
from typing import Final, Protocol

GENETIC_CODE_OPTION: Final = "--genetic_code"
LEFT_OUT_OPTION: Final = "--annotation_left_out"
DATABASE_OPTION: Final = "--database_s3_path"


class Choices(Protocol):
    """What a user has chosen for an annotation."""

    @property
    def genetic_codes(self) -> Mapping[str, int]: ...  # noqa: D102 - NCBI's numbers by contig
    @property
    def left_out(self) -> tuple[str, ...]: ...  # noqa: D102 - contigs that the FASTA lacks


def choice_arguments(chosen: Choices) -> Iterator[str]:
    """Yield the user's choices on the annotation, as options.

    Each is one word with "=": a name may begin with "-", which argparse takes for an option.
    """
    yield from (f"{GENETIC_CODE_OPTION}={name}={n}" for name, n in chosen.genetic_codes.items())
    yield from (f"{LEFT_OUT_OPTION}={name}" for name in chosen.left_out)
