"""Stands in for isaac-align: enforces its rules, then aligns with bwa.

Exit codes: 1 for options and input, 3 for memory, SIGABRT, SIGSEGV and SIGFPE for what breaks
half-way; 0 with a BAM.
"""

import argparse
import csv
import gzip
import hashlib
import os
import random
import re
import signal
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
MOST_QUALITY = 63
LONGEST_READ = 601  # worked; 650 did not
CODES = set("ACGTNacgtn")
Record = tuple[str, str, str]
Lanes = dict[int, tuple[Path, Path]]


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        fail(1, f"Failed to parse the options: {message}")


@dataclass(frozen=True)
class Row:
    sample: str
    project: str


@dataclass(frozen=True)
class Contig:
    name: str
    bases: int
    ur: str
    m5: str


@dataclass(frozen=True)
class Reference:
    fasta: Path
    contigs: list[Contig]
    is_other: bool
    """The FASTA has other bases than the XML was made from: nothing is mapped, silently."""


@dataclass(frozen=True)
class Shape:
    """What the first records of the first lane decide for all reads: two lengths, and names'."""

    lengths: tuple[int, int]
    name: int


def fail(code: int, message: str) -> NoReturn:
    sys.stderr.write(f"{message}\n")
    sys.exit(code)


def crash(number: signal.Signals, message: str) -> NoReturn:
    """As a C++ program does, which a shell reports as 128 + `number`."""
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()
    os.kill(os.getpid(), number)
    raise AssertionError("still alive")


def abort(message: str) -> NoReturn:
    crash(signal.SIGABRT, f"terminate called: {message}")


def gap_scoring(text: str) -> str:
    if text not in {"eland", "bwa", "bwa-mem"} and not re.fullmatch(r"-?\d+(:-?\d+){4}", text):
        raise argparse.ArgumentTypeError("five numbers are wanted")
    return text


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
    parser.add_argument("--seed-length", type=int, choices=range(10, 21), default=16)
    parser.add_argument("--expected-coverage", type=int, default=60)
    parser.add_argument("--gap-scoring", type=gap_scoring, default="bwa")
    options = [word for word in argv if word.startswith("-") and not re.fullmatch(r"-\d+", word)]
    if len(options) != len(set(options)):
        fail(1, "option cannot be specified more than once")
    return parser.parse_args(argv)


def check_memory(args: argparse.Namespace, bases: int, shape: Shape) -> None:
    """The law that was fitted to the real one's address space."""
    cluster = sum(shape.lengths) + shape.name
    needed = (
        0.75
        + 0.12 * args.jobs
        + (4 * bases + 4 * args.hash_table_buckets + 5 * args.clusters_at_a_time * cluster) / GIB
    )
    if args.memory_limit >= 2 and needed > args.memory_limit:
        fail(3, "std::bad_alloc")


def find_lanes(args: argparse.Namespace) -> Lanes:
    suffix = "fastq.gz" if args.base_calls_format == "fastq-gz" else "fastq"
    pattern = re.compile(rf"lane(\d+)_read1\.{re.escape(suffix)}")
    lanes: Lanes = {}
    for path in Path(args.base_calls).iterdir():
        found = pattern.fullmatch(path.name)
        if found and int(found[1]) <= args.lane_number_max:
            mate = path.with_name(path.name.replace("_read1", "_read2"))
            lanes[int(found[1])] = (path, mate)
    if not lanes:
        fail(1, "Could not find any fastq lanes")
    return dict(sorted(lanes.items()))


def read_sheet(args: argparse.Namespace, lanes: Lanes) -> Row:
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


def read_reference(path: Path) -> Reference:
    """The FASTA itself, or what an XML says of one."""
    if path.suffix != ".xml":
        return read_fasta(path)
    blocks = re.findall(r"<Contig .*?</Contig>", path.read_text(), re.DOTALL)
    if not blocks:
        fail(1, "no contigs in the reference")
    contigs, is_other = [], False
    for block in blocks:
        told = dict(re.findall(r"<(\w+)>([^<]*)</\1>", block))
        fasta = path.parent / told["File"]  # an absolute path stays as it is
        if not fasta.is_file():
            fail(1, f"Failed to open reference file {fasta}")
        content, start = fasta.read_bytes(), int(told["Offset"])
        sequence = content[start : start + int(told["Size"])].translate(None, delete=b" \t\r\n")
        before = content[:start].splitlines()[-1:]
        if not (before and before[0].startswith(b">")) or len(sequence) != int(told["TotalBases"]):
            fail(1, f"{fasta} does not hold {told['Name']} where the reference has it")
        is_other |= hashlib.md5(sequence.upper()).hexdigest() != told["M5"]  # noqa: S324
        name, ur = told["Name"], told["Ur"] or str(fasta.absolute())
        contigs.append(Contig(name, len(sequence), ur, told["M5"]))
    return Reference(fasta, contigs, is_other)


def read_fasta(path: Path) -> Reference:
    content = path.read_text("latin-1")
    if not content.startswith(">"):
        fail(1, f"Fasta file is expected to have '>' as first character: {path}")
    contigs = []
    for part in content.split(">")[1:]:
        head, _, text = part.partition("\n")
        sequence = "".join(text.split()).upper()
        digest = hashlib.md5(sequence.encode("latin-1")).hexdigest()  # noqa: S324
        contigs.append(Contig(head.split()[0], len(sequence), str(path.absolute()), digest))
    return Reference(path, contigs, is_other=False)


def read_records(path: Path, *, is_gzipped: bool) -> Iterator[Record]:
    try:
        with gzip.open(path, "rt") if is_gzipped else path.open() as lines:
            for header in lines:
                bases, _, quality = next(lines), next(lines), next(lines)
                yield header[1:].rstrip("\n"), bases.rstrip("\n"), quality.rstrip("\n")
    except (EOFError, OSError, StopIteration, RuntimeError, zlib.error) as error:
        abort(f"{path}: {error}")


def flowcell(header: str) -> str:
    fields = re.split(r"[: ]", header)
    return fields[2] if len(fields) > 2 else ""


def first_records(lanes: Lanes, args: argparse.Namespace) -> Shape:
    """Look at the first record of each file; the first lane's decide."""
    is_gzipped = args.base_calls_format == "fastq-gz"
    shapes = []
    for pair in lanes.values():
        one, two = (next(read_records(path, is_gzipped=is_gzipped)) for path in pair)
        if flowcell(one[0]) != flowcell(two[0]):
            fail(1, "Flowcell ID mismatch between fastq reads")
        name = args.read_name_length or len(one[0].split()[0]) + 10
        shapes.append(Shape((len(one[1]), len(two[1])), name))
    first = shapes[0]
    if args.variable_read_length != "1" and any(s.lengths != first.lengths for s in shapes):
        fail(1, "Read lengths mismatch between lanes of the same flowcell")
    if min(first.lengths) < args.seed_length:
        fail(1, f"reads of {min(first.lengths)} bases are shorter than the seed")
    return first


def shaped(
    records: Iterator[Record], length: int, mask: str, shape: Shape, args: argparse.Namespace
) -> Iterator[Record]:
    """What Isaac makes of reads: one length for all, masked cycles and long names cut."""
    for header, bases, quality in records:
        if not set(bases) <= CODES:
            abort(f"unknown base in {bases[:20]}")
        if any(not 0 <= ord(sign) - 33 <= MOST_QUALITY for sign in quality):
            abort("quality out of range")
        if len(bases) < length and args.variable_read_length != "1":
            abort(f"read length {len(bases)} differs from {length}")
        kept = length - 1 if mask.endswith("n") else length
        padded = bases[:length].ljust(length, "N")[:kept]
        name = header.split()[0]
        yield name[-shape.name :], padded, quality[:length].ljust(length, "#")[:kept]


def write_pairs(
    pair: tuple[Path, Path], into: tuple[Path, Path], shape: Shape, args: argparse.Namespace
) -> None:
    masks = args.use_bases_mask.split(",")
    if len(masks) != 2 or not set(masks) <= {"y*", "y*n"}:
        fail(1, f"cannot use the bases mask {args.use_bases_mask}")
    is_gzipped = args.base_calls_format == "fastq-gz"
    sides = [
        shaped(read_records(path, is_gzipped=is_gzipped), length, mask, shape, args)
        for path, length, mask in zip(pair, shape.lengths, masks, strict=True)
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


def sam_of(bam: Path) -> list[str]:
    argv = ["samtools", "view", "--no-PG", "-h", str(bam)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def as_isaac_writes(sam: list[str], reference: Reference) -> str:
    """Contigs with UR and M5, this program's @PG, unaligned pairs in an order of their own."""
    groups = [line for line in sam if line.startswith("@RG")]
    header = ["@HD\tVN:1.0\tSO:coordinate", f"@PG\tID:iSAAC\tPN:iSAAC\tCL:{' '.join(sys.argv[1:])}"]
    header += [
        f"@SQ\tSN:{contig.name}\tLN:{contig.bases}\tUR:{contig.ur}\tM5:{contig.m5}"
        for contig in reference.contigs
    ]
    reads = [line for line in sam if not line.startswith("@")]
    unaligned: dict[str, list[str]] = {}
    for line in reads:
        name, _, contig, *_ = line.split("\t")
        if contig == "*":
            unaligned.setdefault(name, []).append(line)
    pairs = list(unaligned.values())
    random.SystemRandom().shuffle(pairs)
    aligned = [line for line in reads if line.split("\t", 3)[2] != "*"]
    return "\n".join([*header, *groups, *aligned, *(line for pair in pairs for line in pair), ""])


def unmapped(sam: list[str]) -> list[str]:
    """The reads as if none fitted the reference."""
    made = [line for line in sam if line.startswith("@RG")]
    for line in sam:
        if line.startswith("@") or int(line.split("\t")[1]) & 0x900:
            continue
        name, flag, *_, bases, quality = line.split("\t")[:11]
        side = 77 if int(flag) & 64 else 141
        group = next(field for field in line.split("\t")[11:] if field.startswith("RG:"))
        rest = f"*\t0\t0\t*\t*\t0\t0\t{bases}\t{quality}\t{group}"
        made.append(f"{name}\t{side}\t{rest}")
    return made


def align(args: argparse.Namespace, lanes: Lanes, row: Row, reference: Reference) -> None:
    temporary, output = Path(args.temp_directory), Path(args.output_directory)
    folder = output / "Projects" / row.project / row.sample
    for path in (temporary, folder, output / "Stats", output / "Reports" / "html"):
        path.mkdir(parents=True, exist_ok=True)
    shape = first_records(lanes, args)
    files = {}
    for lane, pair in lanes.items():
        files[lane] = (temporary / f"bin-{lane}-1.dat", temporary / f"bin-{lane}-2.dat")
        write_pairs(pair, files[lane], shape, args)
    if max(shape.lengths) > LONGEST_READ:
        crash(signal.SIGSEGV, "")
    for name in ("AlignmentStats", "BuildStats", "DemultiplexingStats"):
        (output / "Stats" / f"{name}.xml").write_text("<Stats/>\n")
    if args.memory_limit < 2:
        abort("mutex lock failed")
    index = temporary / "genome.fa"
    index.unlink(missing_ok=True)
    index.symlink_to(reference.fasta.resolve())
    quietly("bwa", "index", index)
    parts: list[Path] = []
    for lane, pair in files.items():
        group = f"@RG\\tID:{lane - 1}\\tPL:ILLUMINA\\tSM:{row.sample}\\tPU:FC:{lane}"
        parts.append(temporary / f"lane{lane}.bam")
        sam, mated = temporary / "aligned.sam", temporary / "mated.bam"
        with sam.open("wb") as file:
            quietly("bwa", "mem", "-t", str(args.jobs), "-R", group, index, *pair, stdout=file)
        quietly("samtools", "fixmate", "-m", sam, mated)
        quietly("samtools", "sort", "-o", parts[-1], mated)
    merged, marked = temporary / "merged.bam", temporary / "marked.bam"
    quietly("samtools", "merge", "-f", merged, *parts)
    quietly("samtools", "markdup", "--no-PG", merged, marked)
    records = sam_of(marked)
    text = as_isaac_writes(unmapped(records) if reference.is_other else records, reference)
    (temporary / "final.sam").write_text(text)
    bam = folder / "sorted.bam"
    quietly("samtools", "view", "--no-PG", "-b", "-o", bam, temporary / "final.sam")
    quietly("samtools", "index", bam)
    with bam.open("rb") as file:
        digest = hashlib.file_digest(file, "md5").hexdigest()
    (folder / "sorted.bam.md5").write_text(f"{digest} *sorted.bam\n")


def main() -> int:
    if "--version" in sys.argv:
        sys.stdout.write(f"{VERSION}\n")
        return 0
    args = parse(sys.argv[1:])
    if args.memory_limit is None:
        fail(1, "-m is mandatory unless ulimit -v is set")
    if args.expected_coverage < 0:
        crash(signal.SIGFPE, "")
    reference = read_reference(Path(args.reference_genome))
    lanes = find_lanes(args)
    check_memory(args, sum(c.bases for c in reference.contigs), first_records(lanes, args))
    row = read_sheet(args, lanes)
    for step in range(200):
        sys.stdout.write(f"isaac-align is verbose: line {step}\n")
    align(args, lanes, row, reference)
    return 0


if __name__ == "__main__":
    sys.exit(main())
