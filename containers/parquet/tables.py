"""Parquet files of a table, written a row group at a time."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from parquet.genotypes import AlleleGenotypes, Values
from seqstack.domain.variant_tables import FILE_NAME, TABLES

type Allele = tuple[str, int, str, str]
"""Contig, position, reference and alternate: the first columns of every table."""

_TYPES = {"string": pa.string(), "int": pa.int32(), "double": pa.float64()}
# What Athena and DuckDB read alike. Nothing in a file tells when or where it was written.
_OPTIONS: Mapping[str, Any] = {
    "compression": "zstd",
    "version": "2.6",
    "store_schema": False,
    "write_page_index": True,
}


class Pending(Protocol):
    """Rows that are not written yet."""

    def __len__(self) -> int: ...

    def take(self, schema: pa.Schema) -> list[pa.Array]:
        """The rows' columns; afterwards there are no rows."""
        ...


class Rows:
    """Rows that are added one by one."""

    def __init__(self) -> None:
        self._rows: list[tuple[object, ...]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, allele: Allele, *values: object) -> None:
        """Add a row."""
        self._rows.append((*allele, *values))

    def take(self, schema: pa.Schema) -> list[pa.Array]:
        """The rows' columns; afterwards there are no rows."""
        columns = zip(*self._rows, strict=True)
        arrays = [pa.array(each, kind) for each, kind in zip(columns, schema.types, strict=True)]
        self._rows = []
        return arrays


class GenotypeRows:
    """Rows of many samples, added by allele."""

    def __init__(self, samples: Sequence[str]) -> None:
        self._samples = pa.array(samples, pa.string())
        self._alleles: list[Allele] = []
        self._genotypes: list[AlleleGenotypes] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def add(self, allele: Allele, genotypes: AlleleGenotypes) -> None:
        """Add the rows of an allele."""
        if len(genotypes.samples):
            self._alleles.append(allele)
            self._genotypes.append(genotypes)
            self._length += len(genotypes.samples)

    def take(self, schema: pa.Schema) -> list[pa.Array]:
        """The rows' columns; afterwards there are no rows."""
        found, alleles = self._genotypes, zip(*self._alleles, strict=True)
        counts = [len(each.samples) for each in found]
        repeated = pa.array(np.repeat(np.arange(len(found)), counts))
        names = [text for each in found for text in each.genotype]
        arrays = [
            *(pa.array(each).take(repeated) for each in alleles),
            self._samples.take(pa.array(np.concatenate([each.samples for each in found]))),
            pa.array(names, pa.string()),
            _joined([each.dosage for each in found]),
            _joined([each.depth for each in found]),
            _joined([each.quality for each in found]),
            _joined([each.reference_depth for each in found]),
            _joined([each.alternate_depth for each in found]),
        ]
        self._alleles, self._genotypes, self._length = [], [], 0
        return [each.cast(kind) for each, kind in zip(arrays, schema.types, strict=True)]


def _joined(parts: list[Values]) -> pa.Array:
    values = np.ma.concatenate(parts)
    return pa.array(values.filled(0), mask=np.ma.getmaskarray(values))


class TableWriter:
    """Writes the files of a table, one after the other, with `group` rows in a row group.

    Attributes:
        rows: written so far.
        files: written so far, relative to the folder of all tables.
    """

    def __init__(self, name: str, folder: Path, pending: Pending, group: int) -> None:
        self._name, self._folder, self._pending, self._group = name, folder, pending, group
        self._schema = pa.schema([(each.name, _TYPES[each.type]) for each in TABLES[name]])
        self._place = ""
        self._writer: pq.ParquetWriter | None = None
        self.rows = 0
        self.files: list[str] = []

    def begin(self, chromosome: str, bin_number: int) -> None:
        """Complete the file; what follows goes to that of another partition."""
        self.close()
        self._place = f"{self._name}/chromosome={chromosome}/bin={bin_number}/"

    def write_group(self) -> None:
        """Write the pending rows if they are a row group."""
        if len(self._pending) >= self._group:
            self._write()

    def close(self) -> None:
        """Write the pending rows, and complete the file."""
        if len(self._pending):
            self._write()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _write(self) -> None:
        table = pa.Table.from_arrays(self._pending.take(self._schema), schema=self._schema)
        if self._writer is None:
            name = self._place + FILE_NAME
            if self.files.count(name):  # short contigs can lie between long ones
                again = sum(each.startswith(self._place) for each in self.files)
                name = f"{self._place}{again + 1}-{FILE_NAME}"
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            self.files.append(name)
            self._writer = pq.ParquetWriter(path, self._schema, **_OPTIONS)
        self._writer.write_table(table, row_group_size=table.num_rows)
        self.rows += table.num_rows
