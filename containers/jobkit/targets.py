"""The captured targets of a job."""

from collections.abc import Sequence

from jobkit.errors import InvalidInputError
from jobkit.job import Job
from jobkit.reference import text_chunks
from seqstack.domain.reference.contigs import Contig
from seqstack.domain.reference.targets import Targets, read_targets
from seqstack.domain.s3uri import S3Uri


def stage_targets(job: Job, uri: S3Uri, contigs: Sequence[Contig]) -> Targets:
    """Fetch the targets, BED of these contigs, gzipped or not.

    Raises:
        InvalidInputError: they can't be read, or do not fit the contigs.
    """
    folder = job.scratch / "targets"
    job.stage_reference([uri], folder)
    text = b"".join(text_chunks(folder / uri.name))
    targets = read_targets(text.splitlines(), contigs)
    if targets.problems:
        raise InvalidInputError(
            f"the targets {uri.name} can't be used: {targets.problems[0]}",
            hint="give the targets of this reference, as BED",
            evidence=targets.problems,
        )
    return targets
