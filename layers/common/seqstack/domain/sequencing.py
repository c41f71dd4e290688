"""The kind of sequencing."""

from enum import StrEnum


class Sequencing(StrEnum):
    """What was sequenced."""

    EXOME = "exome"  # captured targets, of an exome or a panel
    GENOME = "genome"
