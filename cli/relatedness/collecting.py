"""The fingerprints of a cohort's runs, and what they tell of its samples."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from cli.relatedness.expected import Person, contradiction, is_expected
from cli.relatedness.fingerprints import DEEP, LEAST_DEEP, Fingerprint, read_fingerprint
from cli.relatedness.pairs import LEAST_HETEROZYGOUS, Kinship, Pair, pairs
from cli.shapes.outputs import OutputList

FINGERPRINT = "/qc/fingerprint.vcf.gz"
MIXED = 0.1
"""Of a sample's deep sites: if more are uneven, its reads are of two people. Simulated with 20 to
100 reads and errors of 0.1 to 1 %, one person has 4 % at most, and 19 % or more if a tenth of the
reads are a stranger's."""
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
        mixed: samples whose reads seem to be of two people, with the share of their uneven sites.
        purity_unknown: how many have too few reads to tell.
        absent_parents: what the sheet names as parents, and is no sample or patient of the cohort.
    """

    compared: int
    without: Sequence[str]
    pairs: Sequence[Pair]
    contradictions: Sequence[str]
    not_compared: int = 0
    mixed: Mapping[str, float] = field(default_factory=dict)
    purity_unknown: int = 0
    absent_parents: Sequence[str] = ()

    @property
    def mixtures(self) -> list[str]:
        """What is said of each mixed sample."""
        return [
            f"{sample} seems to have reads of two people: {share:.0%} of its sites have too uneven "
            "alleles for one; it may look like either of them, or like a relative of both"
            for sample, share in self.mixed.items()
        ]

    @property
    def not_told(self) -> str:
        """What could not be judged, and why; empty if everything could."""
        parts = [self._pairs_not_told, self._purity_not_told, self._parents_not_told]
        return ". ".join(filter(None, parts))

    @property
    def _parents_not_told(self) -> str:
        if not self.absent_parents:
            return ""
        return (
            "Of the parents that the sheet names, these are no sample or patient of the cohort: "
            + ", ".join(self.absent_parents)
        )

    @property
    def _purity_not_told(self) -> str:
        if not self.purity_unknown:
            return ""
        return (
            f"Of {self.purity_unknown:,} of {self.compared:,} samples it is unknown whether their "
            f"reads are of one person: fewer than {LEAST_DEEP} sites have {DEEP} reads"
        )

    @property
    def _pairs_not_told(self) -> str:
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
    names = {name for each in by_sample.values() for name in (each.sample, each.patient)}
    parents = {name for each in by_sample.values() for name in each.parents}
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
    shares = {sample: each.uneven_share for sample, each in sorted(fingerprints.items())}
    return Relations(
        len(fingerprints),
        without,
        kept,
        contradictions,
        not_compared,
        {sample: share for sample, share in shares.items() if share and share > MIXED},
        sum(share is None for share in shares.values()),
        sorted(parents - names),
    )
