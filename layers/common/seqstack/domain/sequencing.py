"""What is sequenced of a genome."""

from enum import StrEnum


class Sequencing(StrEnum):
    """What a sample's reads are of."""

    EXOME = "exome"  # captured targets, an exome's or a panel's
    GENOME = "genome"
