"""Where a prepared reference lies: the same keys whatever it was made from."""

from dataclasses import dataclass
from typing import Final

from seqstack.domain.results import ResultsFolder
from seqstack.domain.s3uri import S3Uri

REFERENCES: Final = "references/"
"""The folder of the results bucket that holds every prepared reference."""

FASTA: Final = "genome.fa"
FASTA_INDEX: Final = f"{FASTA}.fai"
DICTIONARY: Final = "genome.dict"
ALT: Final = f"{FASTA}.alt"
ANNOTATION_FOLDER: Final = "annotation/"
TARGETS: Final = "targets.bed.gz"
TARGETS_INDEX: Final = f"{TARGETS}.tbi"
SITES: Final = "sites.vcf.gz"
SITES_INDEX: Final = f"{SITES}.tbi"
FINDINGS: Final = "findings.json"
ISAAC_REFERENCE: Final = "sorted-reference.xml"
SNPEFF_DATABASE: Final = "snpeff/database.tar"
MANIFEST: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class ReferenceLayout(ResultsFolder):
    """The objects of one version of a reference, all below `references/<name>/<version>/`."""

    bucket: str
    name: str
    version: str

    @property
    def root(self) -> S3Uri:
        """The version's folder."""
        return S3Uri(self.bucket, f"{REFERENCES}{self.name}/{self.version}/")

    @property
    def fasta(self) -> S3Uri:
        """The FASTA: unpacked, with A, C, G, T and N only; beside it its indexes."""
        return self.root / FASTA

    @property
    def manifest(self) -> S3Uri:
        """What the version holds; written last."""
        return self.root / MANIFEST

    @property
    def database(self) -> S3Uri:
        """snpEff's database of the annotation."""
        return self.root / SNPEFF_DATABASE

    def annotation(self, source: S3Uri) -> S3Uri:
        """The annotation, under its source's own name."""
        return self.root / f"{ANNOTATION_FOLDER}{source.name}"
