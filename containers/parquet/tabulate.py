"""Write an annotated VCF's variants, effects and genotypes as Parquet: a program of its own.

It runs in the environment that has cyvcf2 and pyarrow, reads the VCF once, and keeps one row group
of each table in memory. It ends with a manifest of what it has written, or with the VCF's problem.
"""

import json
import sys
from pathlib import Path

from cyvcf2 import VCF, Variant

from parquet.annotations import Effect, effects_by_allele
from parquet.genotypes import RecordGenotypes
from parquet.partitions import partitions_of
from parquet.tables import Allele, GenotypeRows, Rows, TableWriter
from seqstack.domain.reference.contigs import contigs_of_vcf
from seqstack.domain.variant_tables import FOLDER, TableFiles

_UNSEEN = frozenset({"<*>", "<NON_REF>"})  # stand for alleles that no read has
_MOST_BASES = 2**31 - 1  # positions beyond are negative in cyvcf2
_ROWS, _GENOTYPES = 100_000, 500_000  # in a row group
_NO_EFFECT = Effect(None, None, None, None, None, None, None, None)


class VcfTables:
    """The tables of a VCF, as they are written to `folder`.

    Raises ValueError if the VCF has no samples, no annotation or contigs without a length.
    """

    def __init__(self, vcf: VCF, folder: Path) -> None:
        self._vcf = vcf
        if not vcf.samples:
            raise ValueError("the VCF has no samples")
        if not vcf.contains("ANN"):
            raise ValueError("the VCF is not annotated: its header has no ANN")
        contigs = contigs_of_vcf(vcf.raw_header.splitlines())
        if not contigs:
            raise ValueError("the VCF's header does not tell the length of each contig")
        if long := [each.name for each in contigs if each.length > _MOST_BASES]:
            raise ValueError(f"{long[0]} is longer than {_MOST_BASES:,} bases")
        self._partitions = partitions_of(contigs)
        self._variants, self._effects = Rows(), Rows()
        self._genotypes = GenotypeRows(vcf.samples)
        self._writers = {
            "variants": TableWriter("variants", folder, self._variants, _ROWS),
            "effects": TableWriter("effects", folder, self._effects, _ROWS),
            "genotypes": TableWriter("genotypes", folder, self._genotypes, _GENOTYPES),
        }

    def write(self) -> TableFiles:
        """Write all records.

        Raises:
            ValueError: tells the record that is not sorted, or that can't be read.
        """
        last, begun, before = ("", 0), None, set[str]()
        for record in self._vcf:
            place = (record.CHROM, record.POS)
            if place[0] != last[0]:
                before.add(last[0])
            if place[0] in before or (place[0] == last[0] and place[1] < last[1]):
                raise ValueError(f"the VCF is not sorted: {place[0]}:{place[1]:,} comes too late")
            last = place
            partition = self._partitions.of(*place)
            if partition != begun:
                begun = partition
                for writer in self._writers.values():
                    writer.begin(*partition)
            try:
                self._add(record)
            except ValueError as error:
                raise ValueError(f"{place[0]}:{place[1]:,}: {error}") from error
            for writer in self._writers.values():
                writer.write_group()
        for writer in self._writers.values():
            writer.close()
        return TableFiles(
            FOLDER,
            len(self._vcf.samples),
            self._partitions.bins,
            self._partitions.bin_bases,
            {name: each.rows for name, each in self._writers.items()},
            {name: tuple(each.files) for name, each in self._writers.items()},
        )

    def _add(self, record: Variant) -> None:
        if not record.ALT:
            return
        genotypes = RecordGenotypes(record)
        effects = effects_by_allele(record.INFO.get("ANN"), record.ALT)
        filters = ";".join(record.FILTERS) or None
        for number, alternate in enumerate(record.ALT, 1):
            found = genotypes.of_allele(number)
            if alternate in _UNSEEN:
                if found.count:
                    raise ValueError(f"a genotype has {alternate}, which is no allele")
                continue
            allele: Allele = (record.CHROM, record.POS, record.REF, alternate)
            worst = next(iter(effects[alternate]), _NO_EFFECT)
            self._variants.add(
                allele,
                record.ID,
                record.QUAL,
                filters,
                *worst[:6],  # what `variants` has of it
                found.count,
                genotypes.known,
                found.count / genotypes.known if genotypes.known else None,
                found.carriers,
            )
            for place, effect in enumerate(effects[alternate], 1):
                self._effects.add(allele, place, *effect)
            self._genotypes.add(allele, found)


def main(vcf: str, folder: str, manifest: str, threads: str) -> None:
    """Write the tables of `vcf` to `folder`, and what they are to `manifest`."""
    try:
        text = VcfTables(VCF(vcf, threads=int(threads)), Path(folder)).write().as_text()
    except ValueError as error:
        text = json.dumps({"problem": str(error)})
    Path(manifest).write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
