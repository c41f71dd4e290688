"""How jobs read the buckets of a run's input: each in its region, and whoever pays for requests."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from seqstack.domain.s3uri import S3Uri

BUCKET_REGION_OPTION = "--bucket_region"
REQUEST_PAYER_OPTION = "--request_payer"
REQUESTER = "requester"


@dataclass(frozen=True, slots=True)
class BucketAccess:
    """What jobs have to know of buckets besides their names.

    Attributes:
        regions: the region of each bucket that is in another one than the stack.
        requester_pays: True if the run pays for what it reads from its input buckets.
    """

    regions: Mapping[str, str] = field(default_factory=dict)
    requester_pays: bool = False

    def arguments(self, inputs: Iterable[S3Uri], own_bucket: str) -> Iterator[str]:
        """The arguments of a job that reads `inputs`; `own_bucket` has the run's results."""
        buckets = {uri.bucket for uri in inputs}
        for bucket in sorted(buckets & self.regions.keys()):
            yield from (BUCKET_REGION_OPTION, f"{bucket}={self.regions[bucket]}")
        if self.requester_pays and buckets - {own_bucket}:
            yield from (REQUEST_PAYER_OPTION, REQUESTER)
