"""Small FASTQ texts: a sample's reads in S3, and reads of any kind."""

import gzip
import hashlib
import random
from collections.abc import Callable, Iterable
from typing import Any

from tests.support.sound_objects import sound_body

BASES = 60


def fastq(
    names: Iterable[str], *, seed: str = "", bases: int = BASES, qualities: str = "#,:FFFFF"
) -> bytes:
    """FASTQ text of reads with these headers (without @); another `seed` gives other bases."""
    chance = random.Random(seed)
    text = []
    for name in names:
        sequence = "".join(chance.choices("ACGT", k=bases))
        quality = "".join(chance.choices(qualities, k=bases))
        text.append(f"@{name}\n{sequence}\n+\n{quality}\n")
    return "".join(text).encode()


def mates(
    style: Callable[[int, int], str],
    *,
    count: int = 8,
    **options: Any,
) -> tuple[bytes, bytes]:
    """Two files of `count` pairs; `style` names read n of mate 1 or 2, without @."""
    return (
        fastq((style(number, 1) for number in range(1, count + 1)), seed="1", **options),
        fastq((style(number, 2) for number in range(1, count + 1)), seed="2", **options),
    )


def input_body(key: str) -> bytes:
    """The content of an object of a run's input: reads, by the key's name, or that of `sound_body`.

    Reads of all keys have the same names, so that any two pair, and bases of their own.
    """
    if not key.removesuffix(".gz").endswith((".fastq", ".fq")):
        return sound_body(key)
    seed = hashlib.sha256(key.encode()).hexdigest()
    text = fastq((f"SIM:1:FC:1:1101:1000:{number}" for number in range(1, 5)), seed=seed)
    return gzip.compress(text, mtime=0) if key.endswith(".gz") else text
