"""A sample's files on this machine, for the tests of what is done with them."""

from pathlib import Path
from random import Random

import pytest

from emulator.local_sample import LocalSample


def reads(path: Path, names: str, side: int) -> Path:
    path.parent.mkdir(exist_ok=True)
    own = Random(f"{names}/{side}")
    bases = ["".join(own.choices("ACGT", k=100)) for _ in range(3)]
    records = (f"@{names}:{n}/{side}\n{text}\n+\n{'I' * 100}\n" for n, text in enumerate(bases))
    path.write_text("".join(records))
    return path


@pytest.fixture
def sample(tmp_path: Path) -> LocalSample:
    """Two lanes, and a reference with its indexes beside it."""
    reference = tmp_path / "genome.fa"
    reference.write_text(">chr1\nACGT\n")
    for suffix in (".fai", ".amb", ".ann", ".bwt", ".pac", ".sa"):
        reference.with_name(f"genome.fa{suffix}").write_text("index")
    annotation = tmp_path / "genome.gff3"
    annotation.write_text("##gff-version 3")
    lanes = [
        [reads(tmp_path / f"L{lane}/R{side}.fq", f"L{lane}", side) for lane in (1, 2)]
        for side in (1, 2)
    ]
    return LocalSample(
        sample_id="s",
        fastq1=tuple(lanes[0]),
        fastq2=tuple(lanes[1]),
        reference=reference,
        annotation=annotation,
    )
