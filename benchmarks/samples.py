"""Simulated samples, generated once and kept."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from demo.exome.generate import generate
from demo.exome.spec import ExomeSpec


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample's files; `fastq1` and `fastq2` are one lane."""

    sample_id: str
    reference: Path
    annotation: Path
    targets: Path
    fastq1: Path
    fastq2: Path


def generated(spec: ExomeSpec, folder: Path) -> Sample:
    """The exome of a spec with one lane, below `folder`; generated unless it is there."""
    place = folder / spec.sample_id
    mark, wanted = place / "spec.txt", repr(spec)
    if not mark.exists() or mark.read_text() != wanted:
        shutil.rmtree(place, ignore_errors=True)
        generate(spec, place)
        mark.write_text(wanted)
    return found(spec, place)


def found(spec: ExomeSpec, place: Path) -> Sample:
    """The exome in the folder `place`."""
    (fastq1,) = place.glob("*_R1_*.fastq.gz")
    (fastq2,) = place.glob("*_R2_*.fastq.gz")
    reference, annotation, targets = (
        place / name for name in ("genome.fa", "genes.gff3", "targets.bed")
    )
    return Sample(spec.sample_id, reference, annotation, targets, fastq1, fastq2)
