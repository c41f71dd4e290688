"""The fingerprints of a cohort's runs, and what they tell of its samples."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from cli.relatedness.expected import Person, contradiction, is_expected
from cli.relatedness.fingerprints import Fingerprint, read_fingerprint
from cli.relatedness.pairs import LEAST_HETEROZYGOUS, Kinship, Pair, pairs
from cli.shapes import OutputList

FINGERPRINT = "/qc/fingerprint.vcf.gz"
_LINK_SECONDS = 900
_AT_ONCE = 8

type ListOutputs = Callable[[str, int], OutputList]
"""Lists the outputs of a run, with links that are valid for so many seconds."""
type Fetch = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Relations:
    """Who is who in a cohort.

    Attributes:
        compared: how many samples have a fingerprint.
        without: samples without one.
        pairs: two samples that are related, or that the sheet says are.
        contradictions: in what samples are not as the sheet says.
        not_compared: pairs of samples with fingerprints that tell too little of each other.
    """

    compared: int
    without: Sequence[str]
    pairs: Sequence[Pair]
    contradictions: Sequence[str]
    not_compared: int = 0

    @property
    def not_told(self) -> str:
        """How many pairs could not be compared, and why; empty if all could."""
        if not self.not_compared:
            return ""
        return (
            f"{self.not_compared:,} of {self.compared * (self.compared - 1) // 2:,} pairs of "
            f"samples could not be compared: fewer than {LEAST_HETEROZYGOUS} heterozygous sites "
            "have a genotype in both, or their sites differ"
        )


def collect(
    runs: Mapping[str, str], list_outputs: ListOutputs, fetch: Fetch
) -> dict[str, Fingerprint]:
    """The fingerprint of each sample that has one, from the id of its run.

    Raises:
        CliError: one can't be fetched or read.
    """

    def one(sample: str) -> Fingerprint | None:
        outputs = list_outputs(runs[sample], _LINK_SECONDS)["outputs"]
        for each in outputs:
            if each["s3Uri"].endswith(FINGERPRINT) and each["link"]:
                return read_fingerprint(fetch(each["link"]), each["s3Uri"])
        return None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = dict(zip(runs, pool.map(one, runs), strict=True))
    return {sample: each for sample, each in found.items() if each}


def relations(people: Iterable[Person], fingerprints: Mapping[str, Fingerprint]) -> Relations:
    """Compare every two samples, and the result with what the sheet says."""
    by_sample = {each.sample: each for each in people}
    kept: list[Pair] = []
    contradictions: list[str] = []
    not_compared = len(fingerprints) * (len(fingerprints) - 1) // 2
    for pair in pairs(fingerprints):
        not_compared -= 1
        first, second = by_sample[pair.first], by_sample[pair.second]
        if pair.kinship is not Kinship.NONE or is_expected(first, second):
            kept.append(pair)
        if said := contradiction(pair, first, second):
            contradictions.append(said)
    without = [sample for sample in by_sample if sample not in fingerprints]
    return Relations(len(fingerprints), without, kept, contradictions, not_compared)
