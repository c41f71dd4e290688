"""Read groups: one for each lane, named as in the SAM specification and GATK's guide."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Illumina since CASAVA 1.8: instrument:run:flowcell:lane:tile:x:y, then a blank.
_ILLUMINA = re.compile(
    r"[^:\s]+:[0-9]+:(?P<flowcell>[A-Za-z0-9_-]+):(?P<lane>[0-9]+):[0-9]+:[0-9]+:[0-9]+"
)


@dataclass(frozen=True, slots=True)
class ReadGroup:
    """A lane's read group (SAM specification 1.3, @RG); the library is assumed to be the sample."""

    id: str
    sample: str
    unit: str

    def header_line(self, separator: str = r"\t") -> str:
        r"""The @RG line; `\t` is written out, as for aligners' `-R`, unless `tab` is another."""
        fields = (
            "@RG",
            f"ID:{self.id}",
            f"SM:{self.sample}",
            "PL:ILLUMINA",
            f"LB:{self.sample}",
            f"PU:{self.unit}",
        )
        return separator.join(fields)


def read_groups(sample: str, first_headers: Sequence[str]) -> list[ReadGroup]:
    """One read group for each lane, from the first header of each lane's first FASTQ.

    The unit is `flowcell.lane` if the header has them, otherwise `sample.<lane, from 1>`. Ids are
    made unique: two files of the same flow cell's lane get `-2`, `-3`, … on the later ids.
    """
    groups: list[ReadGroup] = []
    seen: dict[str, int] = {}
    for number, header in enumerate(first_headers, start=1):
        found = _ILLUMINA.match(header)
        unit = f"{found['flowcell']}.{found['lane']}" if found else f"{sample}.{number}"
        seen[unit] = seen.get(unit, 0) + 1
        group_id = unit if seen[unit] == 1 else f"{unit}-{seen[unit]}"
        groups.append(ReadGroup(group_id, sample, unit))
    return groups
