"""What a demo exome is made of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExomeSpec:
    """Everything that decides a demo exome: the same values give the same bytes.

    Lengths are bases, fractions are of one, `mean_depth` is reads over a base of the targets.

    Exome libraries are sheared short, so that little of a fragment lies beside its exon: the
    insert of 260 ± 35 holds two reads of 100 with hardly any overlap between the mates.
    """

    sample_id: str
    seed: int
    chromosome_lengths: tuple[int, ...]
    genes: int
    snvs: int
    indels: int
    homozygous_fraction: float = 0.35
    target_padding: int = 50
    mean_depth: float = 80.0
    read_length: int = 100
    insert_mean: float = 260.0
    insert_sd: float = 35.0
    off_target_fraction: float = 0.06
    duplicate_fraction: float = 0.02
    foreign_fraction: float = 0.003
    lanes: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be laid out.

        Raises:
            ValueError: names the value.
        """
        if min(self.chromosome_lengths, default=0) < 50_000:
            raise ValueError(f"chromosomes need 50,000 bases each: {self.chromosome_lengths}")
        if self.genes < 2 * len(self.chromosome_lengths):
            raise ValueError(f"{self.genes} genes are fewer than two for each chromosome")
        if sum(self.chromosome_lengths) / self.genes < 6_000:
            raise ValueError(f"{self.genes} genes leave less than 6,000 bases for each")
        if self.insert_mean - 3 * self.insert_sd < self.read_length:
            raise ValueError("the shortest inserts would be shorter than a read")
        if not 1 <= self.lanes <= 8:
            raise ValueError(f"a flow cell has 1 to 8 lanes, not {self.lanes}")

    @property
    def chromosomes(self) -> dict[str, int]:
        """Lengths by name, in the order of the FASTA."""
        return {f"chr{n}": length for n, length in enumerate(self.chromosome_lengths, start=1)}


DEMO = ExomeSpec(
    sample_id="demo",
    seed=20170619,
    chromosome_lengths=(650_000, 450_000),
    genes=120,
    snvs=420,
    indels=120,
)
"""The exome of `make demo`: 1.1 Mb, 120 genes, 80x."""

SMALL = ExomeSpec(
    sample_id="small",
    seed=20170619,
    chromosome_lengths=(120_000, 80_000),
    genes=24,
    snvs=200,
    indels=60,
    mean_depth=70.0,
)
"""The exome of end-to-end tests: 200 kb, 24 genes, enough variants for the bounds to bite."""
