"""Stands in for isaac-align: enforces its rules, then aligns with bwa.

Exit codes: 1 for options and input, 3 for memory, SIGABRT for what breaks half-way; 0 with a BAM.
"""

import argparse
import csv
import gzip
import hashlib
import os
import re
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

VERSION = "iSAAC-04.18.11.09"
SHEET = "FCID,Lane,SampleID,SampleRef,Barcode,Description,Control,Recipe,Operator,Project"
GIB = 1 << 30
Record = tuple[str, str, str]


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        fail(1, f"Failed to parse the options: {message}")


@dataclass(frozen=True)
class Row:
    sample: str
    project: str


def fail(code: int, message: str) -> NoReturn:
    sys.stderr.write(f"{message}\n")
    sys.exit(code)


def abort(message: str) -> NoReturn:
    """As a C++ program that terminates: SIGABRT, which a shell reports as 134."""
    sys.stderr.write(f"terminate called: {message}\n")
    sys.stderr.flush()
    os.abort()


def parse(argv: list[str]) -> argparse.Namespace:
    parser = Parser(prog="isaac-align", allow_abbrev=False)
    parser.add_argument("-r", "--reference-genome", required=True)
    parser.add_argument("-b", "--base-calls", required=True)
    parser.add_argument("-f", "--base-calls-format", choices=["fastq", "fastq-gz"], required=True)
    parser.add_argument("-s", "--sample-sheet")
    parser.add_argument("-o", "--output-directory", default="./Aligned")
    parser.add_argument("-t", "--temp-directory", default="./Temp")
    parser.add_argument("-m", "--memory-limit", type=int)
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--use-bases-mask", default="y*n,y*n")
    parser.add_argument("--hash-table-buckets", type=int, default=4**16)
    parser.add_argument("--clusters-at-a-time", type=int, default=8_000_000)
    parser.add_argument("--lane-number-max", type=int, default=8)
    parser.add_argument("--read-name-length", type=int, default=0)
    parser.add_argument("--variable-read-length", choices=["0", "1"], default="0")
    parser.add_argument("--seed-length", type=int, choices=[10, 12, 14, 16], default=16)
    options = [word for word in argv if word.startswith("-")]
    if len(options) != len(set(options)):
        fail(1, "option cannot be specified more than once")
    return parser.parse_args(argv)


def check_memory(args: argparse.Namespace, bases: int) -> None:
    if args.memory_limit is None:
        fail(1, "-m is mandatory unless ulimit -v is set")
    needed = (
        args.hash_table_buckets * 4 / GIB
        + bases * 4 / GIB
        + 0.95
        + 0.1 * max(0, args.jobs - 2)
        + 0.85 * args.clusters_at_a_time / 1e6
    ) * 1.05
    if args.memory_limit >= 2 and needed > args.memory_limit:
        fail(3, "std::bad_alloc")


def find_lanes(args: argparse.Namespace) -> dict[int, tuple[Path, Path]]:
    suffix = "fastq.gz" if args.base_calls_format == "fastq-gz" else "fastq"
    pattern = re.compile(rf"lane(\d+)_read1\.{re.escape(suffix)}")
    lanes: dict[int, tuple[Path, Path]] = {}
    for path in Path(args.base_calls).iterdir():
        found = pattern.fullmatch(path.name)
        if found and int(found[1]) <= args.lane_number_max:
            mate = path.with_name(path.name.replace("_read1", "_read2"))
            lanes[int(found[1])] = (path, mate)
    if not lanes:
        fail(1, "Could not find any fastq lanes")
    return dict(sorted(lanes.items()))


def read_sheet(args: argparse.Namespace, lanes: dict[int, tuple[Path, Path]]) -> Row:
    sheet = Path(args.sample_sheet or Path(args.base_calls) / "SampleSheet.csv")
    if not sheet.exists():
        if args.sample_sheet:
            fail(1, f"Failed to open {sheet}")
        return Row("default", "default")
    lines = sheet.read_text().splitlines()
    if not lines or lines[0] != SHEET:
        fail(1, "Unexpected sample sheet header")
    rows = {}
    for row in csv.DictReader(lines):
        if row["FCID"] == "*" or row["Lane"] == "*":
            fail(1, "wildcards are not allowed in the sample sheet")
        rows[int(row["Lane"])] = Row(row["SampleID"], row["Project"])
    while missing := set(lanes) - set(rows):  # as seen: for ever, with a growing log
        sys.stdout.write(f"Skipping flowcell FC lane {min(missing)}\n")
        sys.stdout.flush()
        time.sleep(0.01)
    if len(set(rows.values())) != 1:
        fail(1, "this stand-in knows one sample at a time")
    return next(iter(rows.values()))


def read_reference(path: Path) -> tuple[Path, int]:
    """The FASTA, and the bases of all contigs."""
    if path.suffix != ".xml":
        return path, path.stat().st_size
    xml = path.read_text()
    files = set(re.findall(r"<File>([^<]*)</File>", xml))
    if len(files) != 1:
        fail(1, "no contigs in the reference")
    fasta = path.parent / files.pop()  # an absolute path stays as it is
    if not fasta.is_file():
        fail(1, f"Failed to open reference file {fasta}")
    return fasta, sum(map(int, re.findall(r"<TotalBases>(\d+)<", xml)))


def read_records(path: Path, *, is_gzipped: bool) -> Iterator[Record]:
    try:
        with gzip.open(path, "rt") if is_gzipped else path.open() as lines:
            for header in lines:
                bases, _, quality = next(lines), next(lines), next(lines)
                yield header[1:].rstrip("\n"), bases.rstrip("\n"), quality.rstrip("\n")
    except (EOFError, OSError, StopIteration, RuntimeError, zlib.error) as error:
        abort(f"{path}: {error}")


def shape(records: Iterator[Record], mask: str, args: argparse.Namespace) -> Iterator[Record]:
    """What Isaac makes of reads: one length for all, masked cycles and long names cut."""
    length = width = 0
    for header, bases, quality in records:
        name = header.split()[0]
        if not length:
            length = len(bases)
            width = args.read_name_length or len(name) + 10
            fields = re.split(r"[: ]", header)
            if len(fields) > 2 and "/" in fields[2]:
                fail(1, "Flowcell ID mismatch between fastq reads")
        if len(bases) < length and args.variable_read_length != "1":
            abort(f"read length {len(bases)} differs from {length}")
        kept = length - 1 if mask.endswith("n") else length
        padded = bases[:length].ljust(length, "N")[:kept]
        yield name[-width:], padded, quality[:length].ljust(length, "#")[:kept]


def write_pairs(pair: tuple[Path, Path], into: tuple[Path, Path], args: argparse.Namespace) -> None:
    masks = args.use_bases_mask.split(",")
    if len(masks) != 2 or not set(masks) <= {"y*", "y*n"}:
        fail(1, f"cannot use the bases mask {args.use_bases_mask}")
    is_gzipped = args.base_calls_format == "fastq-gz"
    sides = [
        shape(read_records(path, is_gzipped=is_gzipped), mask, args)
        for path, mask in zip(pair, masks, strict=True)
    ]
    with into[0].open("w") as first, into[1].open("w") as second:
        try:
            for one, two in zip(*sides, strict=True):
                for stream, (_, bases, quality) in ((first, one), (second, two)):
                    stream.write(f"@{two[0]}\n{bases}\n+\n{quality}\n")
        except ValueError:
            abort("the reads' record counts differ")


def quietly(*argv: str | Path, stdout: BinaryIO | None = None) -> None:
    subprocess.run(argv, stdout=stdout, stderr=subprocess.DEVNULL, check=True)


def align(
    args: argparse.Namespace, lanes: dict[int, tuple[Path, Path]], row: Row, fasta: Path
) -> None:
    temporary, output = Path(args.temp_directory), Path(args.output_directory)
    folder = output / "Projects" / row.project / row.sample
    for path in (temporary, folder, output / "Stats", output / "Reports" / "html"):
        path.mkdir(parents=True, exist_ok=True)
    shaped = {}
    for lane, pair in lanes.items():
        shaped[lane] = (temporary / f"bin-{lane}-1.dat", temporary / f"bin-{lane}-2.dat")
        write_pairs(pair, shaped[lane], args)
    for name in ("AlignmentStats", "BuildStats", "DemultiplexingStats"):
        (output / "Stats" / f"{name}.xml").write_text("<Stats/>\n")
    if args.memory_limit < 2:
        abort("mutex lock failed")
    index = temporary / "genome.fa"
    index.unlink(missing_ok=True)
    index.symlink_to(fasta.resolve())
    quietly("bwa", "index", index)
    parts: list[Path] = []
    for lane, files in shaped.items():
        group = f"@RG\\tID:{lane - 1}\\tPL:ILLUMINA\\tSM:{row.sample}\\tPU:FC:{lane}"
        parts.append(temporary / f"lane{lane}.bam")
        sam, mated = temporary / "aligned.sam", temporary / "mated.bam"
        with sam.open("wb") as file:
            command: list[str | Path] = [
                "bwa",
                "mem",
                "-t",
                str(args.jobs),
                "-R",
                group,
                index,
                *files,
            ]
            quietly(*command, stdout=file)
        quietly("samtools", "fixmate", "-m", sam, mated)
        quietly("samtools", "sort", "-o", parts[-1], mated)
    merged = temporary / "merged.bam"
    quietly("samtools", "merge", "-f", merged, *parts)
    bam = folder / "sorted.bam"
    quietly("samtools", "markdup", "--no-PG", merged, bam)
    quietly("samtools", "index", bam)
    with bam.open("rb") as file:
        digest = hashlib.file_digest(file, "md5").hexdigest()
    (folder / "sorted.bam.md5").write_text(f"{digest} *sorted.bam\n")


def main() -> int:
    if "--version" in sys.argv:
        sys.stdout.write(f"{VERSION}\n")
        return 0
    args = parse(sys.argv[1:])
    fasta, bases = read_reference(Path(args.reference_genome))
    check_memory(args, bases)
    lanes = find_lanes(args)
    row = read_sheet(args, lanes)
    for step in range(200):
        sys.stdout.write(f"isaac-align is verbose: line {step}\n")
    align(args, lanes, row, fasta)
    return 0


if __name__ == "__main__":
    sys.exit(main())
