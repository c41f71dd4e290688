import gzip
from dataclasses import replace

import pytest

from demo.exome import large
from demo.exome.large import generate_large
from demo.exome.spec import SMALL

SPEC = replace(SMALL, chromosome_lengths=(60_000,), genes=6, snvs=40, indels=30, mean_depth=20.0)


@pytest.fixture(autouse=True)
def few_pairs(monkeypatch):
    monkeypatch.setattr(large, "_PAIRS", 500)


def reads(folder):
    return [path.read_bytes() for path in sorted(folder.glob("*.fastq.gz"))]


def test_an_interrupted_exome_is_continued_to_the_same_bytes(tmp_path):
    generate_large(SPEC, tmp_path / "whole")
    told = []

    def interrupt(what):
        told.append(what)
        if len(told) == 4:
            # as if the process had ended while it wrote
            for path in (tmp_path / "parts").glob("*.fastq.gz"):
                with path.open("ab") as file:
                    file.write(b"half a record")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate_large(SPEC, tmp_path / "parts", interrupt)
    generate_large(SPEC, tmp_path / "parts")

    assert [what.startswith("reads") for what in told[:4]] == [False, True, True, True]
    assert reads(tmp_path / "parts") == reads(tmp_path / "whole")


def test_every_read_has_a_name_of_its_own_and_its_mate(tmp_path):
    generate_large(SPEC, tmp_path)

    first, second = (gzip.decompress(text).splitlines()[::4] for text in reads(tmp_path))
    assert len(first) > 1_000
    assert len(set(first)) == len(first)
    assert [name.split()[0] for name in first] == [name.split()[0] for name in second]


def test_another_spec_begins_anew(tmp_path):
    generate_large(SPEC, tmp_path / "one")
    generate_large(replace(SPEC, seed=1), tmp_path / "two")
    generate_large(replace(SPEC, seed=1), tmp_path / "one")

    assert reads(tmp_path / "one") == reads(tmp_path / "two")


def test_a_complete_exome_is_not_written_again(tmp_path):
    told = []
    generate_large(SPEC, tmp_path)

    generate_large(SPEC, tmp_path, told.append)

    assert told == []
