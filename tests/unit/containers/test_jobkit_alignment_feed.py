"""Pairs and reads without a mate, told apart in a text that comes in pieces of any size."""

import pytest

from jobkit.alignment_feed import Pairs
from jobkit.errors import InvalidInputError
from jobkit.feed import Fed

GROUPS = {"a": "", "b": ""}


def record(header: str) -> str:
    return f"@{header}\nACGT\n+\nFFFF\n"


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_pairs_of_any_pieces_are_the_same(size: int) -> None:
    pairs = [record(f"x/{mate}\tRG:Z:a") for mate in (1, 2)]
    pairs += [record(f"y/1/{mate}\tRG:Z:b") for mate in (1, 2)]
    singles = [record("u/1\tRG:Z:a"), record("v/2\tRG:Z:a"), record("w\tRG:Z:b")]
    text = "".join([singles[0], *pairs[:2], singles[1], *pairs[2:], singles[2]]).encode()
    given = Pairs(GROUPS, "", "reads.bam")

    found = [given.feed(text[at : at + size]) for at in range(0, len(text), size)]
    last = given.end()

    assert b"".join(paired for paired, _ in found) == "".join(pairs).encode()
    assert b"".join(single for _, single in found) + last == "".join(singles).encode()
    assert given.fed == Fed(2, 3)


def test_pairs_of_reads_without_a_group_get_the_only_one() -> None:
    given = Pairs({"a": GROUPS["a"]}, "a", "reads.bam")

    paired, _ = given.feed((record("x/1") + record("x/2\tRG:Z:a")).encode())

    assert paired.decode() == record("x/1\tRG:Z:a") + record("x/2\tRG:Z:a")


def test_pairs_of_several_libraries_carry_them() -> None:
    given = Pairs({"a": "lib 1", "b": "lib2", "c": ""}, "", "reads.bam")
    text = "".join(record(f"{group}/{side}\tRG:Z:{group}") for group in "abc" for side in (1, 2))

    paired, _ = given.feed(text.encode())

    assert [line for line in paired.decode().splitlines() if line.startswith("@")] == [
        *("@a/1\tRG:Z:a\tLB:Z:lib 1", "@a/2\tRG:Z:a\tLB:Z:lib 1"),
        *("@b/1\tRG:Z:b\tLB:Z:lib2", "@b/2\tRG:Z:b\tLB:Z:lib2"),
        *("@c/1\tRG:Z:c", "@c/2\tRG:Z:c"),
    ]


@pytest.mark.parametrize("sides", ["112", "122", "11", "22", "1212"])
def test_pairs_of_a_name_that_occurs_twice_are_refused(sides: str) -> None:
    given = Pairs(GROUPS, "", "reads.bam")
    text = "".join(record(f"x/{side}\tRG:Z:a") for side in sides) + record("y/1\tRG:Z:a")

    with pytest.raises(InvalidInputError, match="more than one first or second read"):
        given.feed(text.encode())
