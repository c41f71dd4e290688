"""The tables of a cohort's variants: what their columns mean, and where their files are.

The files are Parquet, in folders as Hive names them: `variants/chromosome=chr1/bin=0/data.parquet`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

FORMAT_VERSION: Final = 1
FOLDER: Final = "tables/"
"""Has the manifest, and the files in a folder that their content names."""
MANIFEST: Final = f"{FOLDER}tables.json"
FILE_NAME: Final = "data.parquet"
OTHER: Final = "other"
"""The chromosome of contigs that have no partitions of their own."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; its type as Athena's DDL has it."""

    name: str
    type: str
    meaning: str


_ALLELE = (
    Column("contig", "string", "the contig, as the reference names it"),
    Column("position", "int", "VCF's POS: the 1-based position of the first base of `reference`"),
    Column("reference", "string", "VCF's REF"),
    Column("alternate", "string", "one allele of VCF's ALT; `*` is that of an overlapping record"),
)
_EFFECT = (
    Column("gene", "string", "the gene's name"),
    Column("effect", "string", "terms of the Sequence Ontology, joined by `&`"),
    Column("impact", "string", "HIGH, MODERATE, LOW or MODIFIER"),
    Column("transcript", "string", "the transcript; NULL if the effect is on none"),
    Column("hgvs_c", "string", "HGVS notation on the transcript's DNA"),
    Column("hgvs_p", "string", "HGVS notation on the protein"),
)
TABLES: Final[Mapping[str, tuple[Column, ...]]] = {
    "variants": (
        *_ALLELE,
        Column("id", "string", "VCF's ID"),
        Column("quality", "double", "VCF's QUAL"),
        Column("filter", "string", "VCF's FILTER; NULL if no filter was applied"),
        *_EFFECT,
        Column("allele_count", "int", "copies of the allele in all samples"),
        Column("allele_number", "int", "alleles that are known, of all samples"),
        Column("allele_frequency", "double", "`allele_count / allele_number`"),
        Column("carriers", "int", "samples with a copy"),
    ),
    "effects": (
        *_ALLELE,
        Column("number", "int", "1 for the most severe effect of the allele, which `variants` has"),
        *_EFFECT,
        Column("gene_id", "string", "the gene's id in the annotation"),
        Column("biotype", "string", "the transcript's, such as `protein_coding`"),
    ),
    "genotypes": (
        *_ALLELE,
        Column("sample", "string", "the sample"),
        Column("genotype", "string", "VCF's GT: `0/1`, `1|2`, `1` (haploid), `./.` (unknown)"),
        Column("dosage", "int", "copies of the allele; NULL if it is unknown whether there is any"),
        Column("depth", "int", "VCF's DP: reads at the site"),
        Column("genotype_quality", "double", "VCF's GQ"),
        Column("reference_depth", "int", "reads with `reference`, by VCF's AD"),
        Column("alternate_depth", "int", "reads with `alternate`, by VCF's AD"),
    ),
}
"""The columns of each table."""
PARTITIONS: Final = (
    Column(
        "chromosome",
        "string",
        f"the contig, or `{OTHER}` for the short ones of a reference with many",
    ),
    Column("bin", "int", "`position` divided by the manifest's `binSize`, rounded down"),
)
"""The columns that the files' folders name."""


@dataclass(frozen=True, slots=True)
class TableFiles:
    """What a manifest tells: the files of a cohort's tables.

    Attributes:
        folder: of the files, relative to the folder of the run's results.
        samples: their number.
        bins: the number of bins of each chromosome.
        bin_size: in bases.
        rows: of each table.
        files: of each table, relative to `folder`.
    """

    folder: str
    samples: int
    bins: Mapping[str, int]
    bin_size: int
    rows: Mapping[str, int]
    files: Mapping[str, tuple[str, ...]]

    def as_text(self) -> str:
        """The manifest."""
        document = {
            "formatVersion": FORMAT_VERSION,
            "folder": self.folder,
            "samples": self.samples,
            "binSize": self.bin_size,
            "bins": dict(self.bins),
            "tables": {
                name: {"rows": self.rows[name], "files": list(self.files[name])} for name in TABLES
            },
        }
        return json.dumps(document, indent=2) + "\n"

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Read a manifest.

        Raises:
            ValueError: it is none of this version.
        """
        try:
            found = json.loads(text)
            if found["formatVersion"] != FORMAT_VERSION:
                raise ValueError(
                    f"the tables have version {found['formatVersion']}, and this version of "
                    f"SeqStack reads version {FORMAT_VERSION}"
                )
            tables = {name: found["tables"][name] for name in TABLES}
            return cls(
                str(found["folder"]),
                int(found["samples"]),
                {str(name): int(count) for name, count in found["bins"].items()},
                int(found["binSize"]),
                {name: int(each["rows"]) for name, each in tables.items()},
                {name: tuple(map(str, each["files"])) for name, each in tables.items()},
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"no manifest of tables: {error!r}") from error
