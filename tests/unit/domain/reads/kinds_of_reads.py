"""Kinds of FASTQ files that people bring: one case for each row of docs/inputs.md, section Reads.

A case is made of tiny reads. What is expected is worked out by hand from the formats: FASTQ (Cock
et al. 2010), gzip (RFC 1952), BGZF and QNAME (SAM specification), and the tools' own manuals.
"""

import gzip
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from seqstack.domain.reads.fastq_file import HEAD_BYTES
from seqstack.tools.registry import Tool
from tests.support.small_reads import fastq, mates

ACCEPTED = "accepted"
WARNED = "warned"
REFUSED = "refused"
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")

type Lanes = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Case:
    """Lanes of first and second files, and the verdict: `words` stand in the refusal or warning."""

    row: str
    verdict: str
    lanes: Lanes
    words: str = ""
    aligner: Tool = Tool.BWA
    names: tuple[str, str] = ("r_1.fastq.gz", "r_2.fastq.gz")
    note: str = field(default="", compare=False)


def casava(number: int, mate: int) -> str:
    return f"A00:12:HXX:1:1101:1000:{2000 + number} {mate}:N:0:ACGT"


STYLES: dict[str, Callable[[int, int], str]] = {
    "casava": casava,
    "slash": lambda n, mate: f"HWI-1:6:73:941:{n}#0/{mate}",
    "mgi": lambda n, mate: f"V300012345L1C001R001{n:07}/{mate}",
    "element": lambda n, mate: f"AV1:run:2310:1:1101:00{n}:0{n} {mate}:N:0:ACGT+TTGA",
    "sra": lambda n, mate: f"SRR900001.{n} {n} length=60",
    "sra-dot": lambda n, mate: f"SRR900001.{n}.{mate} {n} length=60",
    "dot": lambda n, mate: f"read{n}.{mate}",
    "underscore": lambda n, mate: f"read{n}_{mate}",
    "colon": lambda n, mate: f"read{n}:{mate}",
    "dash": lambda n, mate: f"read{n}-{mate}",
    "underscore-r": lambda n, mate: f"read{n}_R{mate}",
    "slash-r": lambda n, mate: f"read{n}/R{mate}",
    "letters": lambda n, mate: f"read{n}_{'FR'[mate - 1]}",
    "forward": lambda n, mate: f"read{n}_{('fwd', 'rev')[mate - 1]}",
    "same": lambda n, mate: f"read{n}",
    "tabs": lambda n, mate: f"read{n}\tBC:Z:ACG{mate}",
    "third": lambda n, mate: f"read{n}/{(1, 3)[mate - 1]}",
}


def pair(style: str = "casava", count: int = 8, **options: str) -> tuple[bytes, bytes]:
    return mates(STYLES[style], count=count, **options)


def packed(texts: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    return gzip.compress(texts[0], mtime=0), gzip.compress(texts[1], mtime=0)


def bgzf(text: bytes, *, end: bytes = BGZF_END, block: int = 60_000) -> bytes:
    """BGZF as the SAM specification has it, 4.1."""
    blocks = []
    for start in range(0, len(text), block):
        part = text[start : start + block]
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        body = deflate.compress(part) + deflate.flush()
        size = len(body) + 25
        head = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, size)
        blocks.append(head + body + struct.pack("<II", zlib.crc32(part), len(part)))
    return b"".join(blocks) + end


def raised(text: bytes, by: int) -> bytes:
    """The same with another quality offset."""
    lines = text.split(b"\n")
    lines[3::4] = [bytes(char + by for char in line) for line in lines[3::4]]
    return b"\n".join(lines)


def large(mate: int, count: int = 30_000) -> bytes:
    """Enough reads that the middle of the file is not checked, compressed or not."""
    chance = random.Random(mate)
    quality = "".join(chance.choices("#,:F", k=100))
    text = []
    for number in range(count):
        bases = f"{chance.getrandbits(200):0100b}"[:100].translate(
            {48: "AC"[mate - 1], 49: "GT"[mate - 1]}
        )
        text.append(f"@{casava(number, mate)}\n{bases}\n+\n{quality}\n")
    return "".join(text).encode()


def interleaved(style: str) -> bytes:
    first, second = (text.split(b"\n")[:-1] for text in pair(style))
    lines: list[bytes] = []
    for at in range(0, len(first), 4):
        lines += first[at : at + 4] + second[at : at + 4]
    return b"\n".join(lines) + b"\n"


def one(body: bytes) -> Lanes:
    """A lane whose second file is sound."""
    return [(body, gzip.compress(pair()[1], mtime=0))]


def accepted() -> Iterator[Case]:
    for style in STYLES:
        yield Case("names-pair", ACCEPTED, [packed(pair(style))], note=style)
    first, second = pair()
    two = gzip.compress(first[: len(first) // 2]) + gzip.compress(first[len(first) // 2 :])
    yield Case("members", ACCEPTED, one(two))
    big = large(1), large(2)
    yield Case(
        "members",
        ACCEPTED,
        [(bgzf(big[0], end=b"") + gzip.compress(b"@x\nA\n+\nF\n"), gzip.compress(big[1]))],
        note="bgzip, then gzip",
    )
    yield Case("bgzip", ACCEPTED, [(bgzf(first), bgzf(second))])
    yield Case("bgzip", ACCEPTED, [(bgzf(big[0]), bgzf(big[1]))], note="large")
    yield Case(
        "bgzip", ACCEPTED, [(bgzf(big[0], end=b""), bgzf(big[1], end=b""))], note="no end block"
    )
    yield Case("gzip", ACCEPTED, [packed(big)], note="large")
    yield Case("plain", ACCEPTED, [pair()], names=("r_1.fastq", "r_2.fastq"))
    yield Case("plain", ACCEPTED, [big], names=("r_1.fastq", "r_2.fastq"), note="large")
    blank = first + b"\n\n\n", second + b"\n"
    yield Case("blank-end", ACCEPTED, [packed(blank)])
    yield Case(
        "blank-end", ACCEPTED, [(big[0] + b"\n\n", big[1])], names=("a.fq", "b.fq"), note="large"
    )
    yield Case("blank-end", ACCEPTED, [packed((first[:-1], second[:-1]))], note="no last line end")
    empty = (
        first + b"@A00:12:HXX:1:1101:1000:2009\n\n+\n\n",
        second + b"@A00:12:HXX:1:1101:1000:2009\nA\n+\nF\n",
    )
    yield Case("empty-reads", ACCEPTED, [packed(empty)])
    for qualities in ("I", "~", "FFFFFFFF", "#~", "?@ABCDEFGHI", "FGHIJKLMNOPQRS"):
        yield Case("offset-33", ACCEPTED, [packed(pair(qualities=qualities))], note=qualities)
    lanes = [
        packed(mates(lambda n, m, lane=lane: f"A:1:F:{lane}:1:1:{n} {m}:N:0:A")) for lane in (1, 2)
    ]
    yield Case("lanes", ACCEPTED, lanes)


def warned() -> Iterator[Case]:
    yield Case("named-gzip", WARNED, [pair()], "notGzipped")
    short = fastq((casava(n, 2) for n in range(1, 9)), seed="2", bases=10)
    for style, umi in {
        "BCL Convert": ":ACGTTCGA",
        "both mates": ":ACGTT+TTGAC",
        "fastp": ":ACGTT_TTGAC",
        "umi_tools": "_ACGTTCGA",
    }.items():
        named = mates(lambda n, m, umi=umi: casava(n, m).replace(" ", f"{umi} "))
        yield Case("umis", WARNED, [packed(named)], "umisNotUsed", note=style)
    yield Case("index-reads", WARNED, [packed((pair()[0], short))], "shortReads")


def refused() -> Iterator[Case]:
    first, second = pair()
    good = packed((first, second))
    yield Case("empty", REFUSED, one(b""), "is empty")
    yield Case("no-reads", REFUSED, one(gzip.compress(b"")), "has no reads")
    yield Case("no-reads", REFUSED, one(gzip.compress(b"\n\n")), "has no reads")
    for body, words in {
        b"BAM\x01" + bytes(200): "is not FASTQ: it is a BAM file",
        b"@HD\tVN:1.6\n": "it is a SAM file",
        b">chr1\nACGT\n": "it is a FASTA file",
        b"<html>": "it is a page",
    }.items():
        yield Case("other-format", REFUSED, one(gzip.compress(body)), words)
    for body, words in {
        b"CRAM\x03\x01" + bytes(200): "it is a CRAM file",
        b"PK\x03\x04" + bytes(200): "it is a ZIP archive",
        b"BZh91AY" + bytes(200): "it is packed with bzip2",
        b"\x00\x01\x02\x03" * 50: "it is binary data",
        gzip.compress(gzip.compress(first)): "it is gzipped twice",
    }.items():
        yield Case("other-format", REFUSED, one(body), words)
    yield Case(
        "malformed",
        REFUSED,
        one(gzip.compress(first.replace(b"+\n", b"-\n", 1))),
        "no + in its third line",
    )
    yield Case(
        "malformed",
        REFUSED,
        one(gzip.compress(b"@a\nACGT\n+\nFFF\n@b\nA\n+\nF\n")),
        "4 bases and 3 qualities",
    )
    yield Case(
        "malformed",
        REFUSED,
        one(gzip.compress(b"@a\nAC!T\n+\nFFFF\n")),
        "characters that are not bases",
    )
    yield Case(
        "malformed", REFUSED, one(gzip.compress(b"@a\nACGT\n+\nFF F\n")), "invalid qualities"
    )
    yield Case("malformed", REFUSED, one(gzip.compress(b"@\nACGT\n+\nFFFF\n")), "without a name")
    yield Case(
        "malformed", REFUSED, one(gzip.compress(b"x\nACGT\n+\nFFFF\n")), "does not begin with @"
    )
    yield Case(
        "malformed",
        REFUSED,
        one(gzip.compress(b"##gff-version 3\nchr1\t.\tgene\t1\t9\n#\n#\n#\n")),
        "does not begin with @",
    )
    yield Case("malformed", REFUSED, one(gzip.compress(b"@a\nT0123.\n+\nFFFFFF\n")), "colours")
    yield Case("malformed", REFUSED, one(gzip.compress(b"@a\nACGU\n+\nFFFF\n")), "RNA")
    yield Case(
        "windows-lines", REFUSED, one(gzip.compress(first.replace(b"\n", b"\r\n"))), "\\r\\n"
    )
    yield Case("truncated", REFUSED, one(good[0][:-20]), "without its end")
    yield Case("truncated", REFUSED, one(gzip.compress(first[:-30])), "ends inside a record")
    big = large(1)
    yield Case("truncated", REFUSED, one(bgzf(big)[:-5000]), "ends inside a block")
    yield Case("truncated", REFUSED, one(bgzf(big[:-50])), "ends inside a record")
    yield Case("truncated", REFUSED, one(big[:-50]), "ends inside a record", names=("a.fq", "b.fq"))
    for kept in (0.6, 0.75, 0.9):
        cut = gzip.compress(big)
        yield Case(
            "truncated",
            REFUSED,
            one(cut[: int(len(cut) * kept)]),
            "does not end as a gzip file does",
            note=str(kept),
        )
    half = gzip.compress(big)[:300_000]
    yield Case("zeros", REFUSED, one(half + bytes(50_000)), "ends in zeros")
    yield Case("damaged", REFUSED, one(good[0][:60] + bytes(40) + good[0][100:]), "damaged gzip")
    yield Case("same-reads", REFUSED, [(good[0], good[0])], "holds the same reads")
    renamed = fastq((casava(n, 2) for n in range(1, 9)), seed="1")
    yield Case("same-reads", REFUSED, [packed((first, renamed))], "holds the same reads")
    yield Case("lane-twice", REFUSED, [good, good], "holds the same reads as")
    yield Case(
        "lane-twice",
        REFUSED,
        [good, (gzip.compress(first, 1), gzip.compress(second, 9))],
        "holds the same reads as",
        note="packed anew",
    )
    for style in ("casava", "slash", "sra-dot", "letters", "underscore-r"):
        yield Case("swapped", REFUSED, [packed(pair(style)[::-1])], "holds first reads", note=style)
    both = mates(lambda n, m: casava(n, 1))
    yield Case("same-mate", REFUSED, [packed(both)], "holds reads 1 of pairs")
    others = mates(lambda n, m: casava(n + 10 * m, m))
    yield Case("names-differ", REFUSED, [packed(others)], "record 1 of them")
    late = mates(lambda n, m: casava(n if n < 5 else n * m, m))
    yield Case("names-differ", REFUSED, [packed(late)], "record 5 of them")
    neighbours = mates(lambda n, m: f"SRR1.{n + m - 1} {n} length=60")
    yield Case(
        "names-differ",
        REFUSED,
        [packed(neighbours)],
        "record 2 of them",
        note="one read is missing",
    )
    offset = raised(first, 31), raised(second, 31)
    yield Case("offset-64", REFUSED, [packed(offset)], "seqtk seq -Q64 -V")
    yield Case("offset-64", REFUSED, [packed(pair(qualities="hhhhggfeB"))], "offset 64")
    yield Case("offset-64", REFUSED, [packed(pair(qualities=";<@Zh"))], "offset 64", note="Solexa")
    name = "n" * 255
    yield Case(
        "long-names",
        REFUSED,
        one(gzip.compress(f"@{name}\nACGT\n+\nFFFF\n".encode())),
        "more than 254 characters",
    )
    for style in ("casava", "slash", "sra-dot", "same"):
        yield Case(
            "interleaved",
            REFUSED,
            one(gzip.compress(interleaved(style))),
            "is interleaved",
            note=style,
        )
    long = mates(casava, count=2, bases=650)  # type: ignore[arg-type]
    yield Case(
        "long-reads",
        REFUSED,
        [packed(long)],
        "reads of 650 bases, and isaac accepts at most 601",
        Tool.ISAAC,
    )
    yield Case(
        "isaac-quality",
        REFUSED,
        [packed(pair(qualities="#~"))],
        "isaac accepts at most 63",
        Tool.ISAAC,
    )
    codes = tuple(text.replace(b"A", b"R") for text in (first, second))
    yield Case("isaac-codes", REFUSED, [packed(codes)], "the code R", Tool.ISAAC)  # type: ignore[arg-type]
    assert len(big) > HEAD_BYTES


CASES = [*accepted(), *warned(), *refused()]
