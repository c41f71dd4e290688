"""Measure every pair of aligner and caller, and write docs/accuracy.md's figures: make accuracy.

The exome of the demo has a truth that was planted. The reads of NA12878 that Debian's freebayes
brings among its examples, 12 kb of chromosome 22, have Genome in a Bottle's 14 variants; the
package says nothing of regions without variants, so that only recall is measured there. It takes
about ten minutes on two cores, and needs what `make setup` and `scripts/setup real-reads` install.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cli.output import print_line
from seqstack.domain.words import Step
from seqstack.tools.registry import Tool, tools_of

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "docs/accuracy.md"
ALIGNERS, CALLERS = (
    [
        tool
        for tool in tools_of(step)
        if not any("::" in program.package for program in tool.definition.programs)
    ]
    for step in (Step.ALIGN, Step.CALL_VARIANTS)
)
"""The tools of Debian."""
_FIGURES = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- end of figures -->)", re.DOTALL)
_TYPES = ("SNV", "insertion", "deletion")
_EXAMPLES = "usr/share/doc/freebayes/examples/tiny"
_NA12878 = "NA12878, 12 kb"
_GENE = (9_703, 10_029)  # the longest reading frame; a run wants genes to annotate by


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of a pair of tools on one sample, by type of variant."""

    sample: str
    aligner: str
    caller: str
    figures: dict[str, dict[str, Any]]


def main() -> int:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exome", choices=["demo", "small"], default="demo")
    parser.add_argument("--page", type=Path, default=PAGE)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        rows = list(_measure(Path(folder), arguments.exome))
    page = arguments.page.read_text()
    arguments.page.write_text(_FIGURES.sub(lambda _: "\n".join(_table(rows)) + "\n", page))
    return 0


def _measure(folder: Path, exome: str) -> Iterator[Measured]:
    for aligner, caller in product(ALIGNERS, CALLERS):
        results = folder / f"{aligner}-{caller}"
        tools = ["--aligner", aligner, "--caller", caller, "--results", str(results)]
        _run("emulator", "demo", "--exome", exome, *tools)
        inputs = results / "input"
        (sample,) = (each for each in results.iterdir() if (each / "vcf").is_dir())
        figures = _validate(
            sample, inputs / "truth.vcf.gz", inputs / "targets.bed", inputs / "genome.fa"
        )
        yield Measured("the demo's exome", *_named(sample, aligner, caller), figures)
        shutil.rmtree(results)
    examples = _examples()
    if examples is None:
        print_line("No reads of NA12878 are here; scripts/setup real-reads fetches them.", err=True)
        return
    reference = _with_gene(examples / "q.fa", folder)
    regions = folder / "all.bed"
    contig, length = reference.with_name("genome.fa.fai").read_text().split("\t")[:2]
    regions.write_text(f"{contig}\t0\t{length}\n")
    reads = ["--reads", str(examples / "NA12878.chr22.tiny.bam"), "--reference", str(reference)]
    for aligner, caller in product(ALIGNERS, CALLERS):
        results = folder / f"NA12878-{aligner}-{caller}"
        tools = ["--aligner", aligner, "--caller", caller, "--results", str(results)]
        _run("emulator", "run", "--sample", "NA12878", *reads, *tools)
        figures = _validate(
            results / "NA12878", examples / "NA12878.chr22.tiny.giab.vcf", regions, reference
        )
        yield Measured(_NA12878, *_named(results / "NA12878", aligner, caller), figures)


def _named(results: Path, aligner: Tool, caller: Tool) -> tuple[str, str]:
    """The two tools with their versions."""
    named = []
    for tool, step in ((aligner, "align"), (caller, "callVariants")):
        provenance = json.loads((results / f"provenance/{step}.json").read_text())
        named.append(f"{tool} {provenance['versions'][tool]}")
    return named[0], named[1]


def _validate(results: Path, truth: Path, regions: Path, reference: Path) -> dict[str, Any]:
    said = _run(
        *("cli", "--json", "validate", str(results), "--truth", str(truth)),
        *("--regions", str(regions), "--reference", str(reference)),
    )
    strata = json.loads(said)["strata"]
    return {each["name"]: each for each in strata if each["by"] == "type"}


def _run(*command: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return ended.stdout


def _examples() -> Path | None:
    places = (root / _EXAMPLES for root in (Path("/"), REPOSITORY / ".real-reads"))
    return next((each for each in places if each.is_dir()), None)


def _with_gene(fasta: Path, folder: Path) -> Path:
    """The reference with its index and, beside it, one gene."""
    reference = folder / "genome.fa"
    shutil.copy(fasta, reference)
    subprocess.run(["samtools", "faidx", reference], check=True)  # noqa: S607 - from PATH
    place = "{}\t{}\t.\t+".format(*_GENE)
    lines = (
        "##gff-version 3",
        f"q\texample\tgene\t{place}\t.\tID=g",
        f"q\texample\tmRNA\t{place}\t.\tID=t;Parent=g",
        f"q\texample\texon\t{place}\t.\tParent=t",
        f"q\texample\tCDS\t{place}\t0\tID=cds;Parent=t",
    )
    reference.with_suffix(".gff3").write_text("".join(f"{line}\n" for line in lines))
    return reference


def _table(rows: Sequence[Measured]) -> Iterator[str]:
    yield "| sample | aligner | caller | SNVs | insertions | deletions |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for each in rows:
        has_precision = each.sample != _NA12878
        cells = (_cell(each.figures.get(kind), has_precision=has_precision) for kind in _TYPES)
        yield f"| {each.sample} | {each.aligner} | {each.caller} | {' | '.join(cells)} |"


def _cell(figures: dict[str, Any] | None, *, has_precision: bool) -> str:
    """What was found of the truth, and how many calls are false."""
    if figures is None or not figures["truth"]:
        return "none there"
    found = f"{figures['found']} of {figures['truth']}"
    other = figures["otherGenotype"]
    of_genotype = f" ({other} by genotype)" if other else ""
    return f"{found}, {figures['falseCalls']} false{of_genotype}" if has_precision else found


if __name__ == "__main__":
    sys.exit(main())
