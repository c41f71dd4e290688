"""A lane is cut where the aligner's batches begin, and padding stands for what is before."""

import gzip
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobkit.ahead import Ahead
from jobkit.batches import Batches
from jobkit.errors import InvalidInputError, InvalidOutputError
from jobkit.part_reader import Padding, PartReader
from seqstack.domain.reads.parts import all_parts

BATCH = 1000  # bases
PAIRS = 400


def record(name: str, bases: int, line_end: str = "\n") -> str:
    return line_end.join([f"@{name}", "A" * bases, "+", "F" * bases, ""])


def write(folder: Path, lengths: list[tuple[int, int]], line_end: str = "\n") -> tuple[Path, Path]:
    """Two gzipped files of pairs with these numbers of bases."""
    paths = (folder / "r_1.fastq.gz", folder / "r_2.fastq.gz")
    for side, path in enumerate(paths):
        text = "".join(
            record(f"p{number}", pair[side], line_end) for number, pair in enumerate(lengths)
        )
        path.write_bytes(gzip.compress(text.encode()))
    return paths


def batches_of_bwa(texts: list[tuple[int, int]]) -> Iterator[int]:
    """The pairs of each batch by the rule of `bseq_read`: it ends once it has BATCH bases."""
    bases = pairs = 0
    for first, second in texts:
        bases, pairs = bases + first + second, pairs + 1
        if bases >= BATCH:
            yield pairs
            bases = pairs = 0
    if pairs:
        yield pairs


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of small files: otherwise each file is read at once."""
    monkeypatch.setattr("jobkit.fastq.CHUNK_BYTES", 3001)
    monkeypatch.setattr("gzip.READ_BUFFER_SIZE", 512)


@pytest.fixture
def lengths() -> list[tuple[int, int]]:
    rng = random.Random(1)
    return [(rng.randint(30, 150), rng.randint(30, 150)) for _ in range(PAIRS)]


def read_parts(
    paths: tuple[Path, Path], count: int, *, is_padded: bool
) -> list[tuple[PartReader, list[bytes], list[bytes]]]:
    """Each part's reader, and its chunks of the first file; those of the second are as many."""
    made = []
    for part in all_parts(count):
        size = paths[0].stat().st_size
        reader = PartReader(paths, part, 0, size, BATCH, is_padded=is_padded)
        first, second = reader.chunks(0), Ahead(reader.chunks(1))
        pairs = list(zip(first, second, strict=True))
        made.append((reader, [one for one, _ in pairs], [other for _, other in pairs]))
    return made


@pytest.mark.parametrize("count", [1, 2, 5, 32])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_parts_are_whole_batches_and_together_the_lane(
    tmp_path: Path, lengths: list[tuple[int, int]], count: int, line_end: str
) -> None:
    paths = write(tmp_path, lengths, line_end)
    starts = {0}
    for pairs in batches_of_bwa(lengths):
        starts.add(max(starts) + pairs)

    parts = read_parts(paths, count, is_padded=False)

    for side in (0, 1):
        texts = [b"".join(part[1 + side]) for part in parts]
        whole = gzip.decompress(paths[side].read_bytes())
        assert b"".join(texts).replace(b"\r", b"") == whole.replace(b"\r", b"")
    assert {reader.before for reader, _, _ in parts if reader.pairs} <= starts
    befores = [reader.before for reader, _, _ in parts if reader.pairs]
    assert sorted(set(befores)) == befores
    assert sum(reader.pairs for reader, _, _ in parts) == PAIRS
    assert parts[-1][0].is_end
    if count == 5:
        assert all(reader.pairs for reader, _, _ in parts)


@pytest.mark.parametrize("count", [2, 5])
def test_padding_has_the_pairs_before_and_ends_with_a_batch(
    tmp_path: Path, lengths: list[tuple[int, int]], count: int
) -> None:
    for reader, first, second in read_parts(write(tmp_path, lengths), count, is_padded=True):
        padding = [chunk for chunk in first if isinstance(chunk, Padding)]
        assert first[: len(padding)] == padding
        assert second[: len(padding)] == padding
        bases = [len(found) for found in re.findall(rb"^N+$", b"".join(padding), re.MULTILINE)]
        assert len(bases) == reader.padding == reader.before

        # one more pair begins another batch
        more = list(batches_of_bwa([*((each, each) for each in bases), (1, 1)]))
        assert more[-1] == 1
        reader.check([2 * pairs for pairs in more])


def test_part_whose_aligner_has_other_batches_is_refused(
    tmp_path: Path, lengths: list[tuple[int, int]]
) -> None:
    _, (reader, _, _) = read_parts(write(tmp_path, lengths), 2, is_padded=True)

    with pytest.raises(InvalidOutputError, match="batches do not end after"):
        reader.check([2 * reader.padding - 2, 2 * reader.pairs + 2])


def test_position_of_a_batch_is_where_its_text_begins_in_the_file(tmp_path: Path) -> None:
    text = "".join(record(f"p{number}", 500) for number in range(40))  # a batch is one pair
    paths = (tmp_path / "a.fastq", tmp_path / "b.fastq")
    for path in paths:
        path.write_text(text)

    pieces = list(Batches(paths, BATCH))

    assert len(pieces) == 40
    ends = [0]
    for piece in pieces:
        assert piece.position % 3001 == 0
        assert piece.position <= ends[-1] < piece.position + 2 * 3001
        ends.append(ends[-1] + len(piece.texts[0]))


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        (lambda text: text[:-100], "ends inside a record"),
        (lambda text: text[: -len(record("p9", 90))], "r_1.fastq has more reads than r_2.fastq"),
    ],
)
def test_last_part_of_files_that_do_not_fit_is_refused(
    tmp_path: Path, cut: object, message: str
) -> None:
    text = "".join(record(f"p{number}", 90) for number in range(10))
    paths = (tmp_path / "r_1.fastq", tmp_path / "r_2.fastq")
    paths[0].write_text(text)
    assert callable(cut)
    paths[1].write_text(cut(text))

    with pytest.raises(InvalidInputError, match=message):
        read_parts(paths, 1, is_padded=False)


def test_damaged_gzip_is_refused_by_the_part_that_reads_it(
    tmp_path: Path, lengths: list[tuple[int, int]]
) -> None:
    paths = write(tmp_path, lengths)
    whole = paths[0].read_bytes()
    paths[0].write_bytes(whole[:-500])

    with pytest.raises(InvalidInputError, match=r"r_1.fastq.gz is not a complete gzip file"):
        read_parts(paths, 1, is_padded=False)


def test_reader_that_is_closed_ends(tmp_path: Path, lengths: list[tuple[int, int]]) -> None:
    paths = write(tmp_path, lengths)
    reader = PartReader(paths, all_parts(1)[0], 0, paths[0].stat().st_size, BATCH, is_padded=False)
    first = reader.chunks(0)
    assert next(first)

    reader.close()

    assert list(first) == []


def test_reading_ahead_gives_everything_and_then_the_error() -> None:
    def numbers() -> Iterator[int]:
        yield from range(100)
        raise ValueError("after 99")

    ahead = Ahead(numbers())

    assert [next(ahead) for _ in range(100)] == list(range(100))
    with pytest.raises(ValueError, match="after 99"):
        next(ahead)
    assert list(ahead) == []
