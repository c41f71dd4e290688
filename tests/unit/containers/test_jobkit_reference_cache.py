import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import create_autospec

import pytest

from jobkit.errors import TransferError
from jobkit.reference_cache import ReferenceCache
from jobkit.s5cmd import S3Object, S5cmd
from seqstack.domain.s3uri import S3Uri

FASTA = S3Object(S3Uri("bucket", "ref/genome.fa"), 5, "e1")
INDEX = S3Object(S3Uri("bucket", "ref/genome.fa.fai"), 3, "e2")


class Store:
    """Downloads slowly, and remembers what."""

    def __init__(self) -> None:
        self.fetched: list[str] = []
        self.is_broken = False

    def download(self, wanted: Mapping[S3Object, Path]) -> None:
        for item, path in wanted.items():
            path.write_text("half")
            time.sleep(0.1)
            if self.is_broken:
                raise TransferError("lost")
            path.write_text("x" * item.size)
            self.fetched.append(item.uri.name)


@pytest.fixture
def store() -> Store:
    return Store()


def make_cache(folder: Path, store: Store) -> ReferenceCache:
    s3 = create_autospec(S5cmd, instance=True)
    s3.download.side_effect = store.download
    return ReferenceCache(folder, s3)


def test_fetch_twice_downloads_once(tmp_path: Path, store: Store) -> None:
    cache = make_cache(tmp_path, store)
    first = cache.fetch([FASTA, INDEX])
    second = cache.fetch([FASTA, INDEX])
    assert [item.was_there for item in first] == [False, False]
    assert [item.was_there for item in second] == [True, True]
    assert [item.path.read_text() for item in second] == ["xxxxx", "xxx"]
    assert store.fetched == ["genome.fa", "genome.fa.fai"]


def test_fetch_of_a_changed_object_is_another_file(tmp_path: Path, store: Store) -> None:
    cache = make_cache(tmp_path, store)
    (old,) = cache.fetch([FASTA])
    (new,) = cache.fetch([S3Object(FASTA.uri, 6, "e9")])
    assert old.path != new.path
    assert old.path.read_text() == "xxxxx"


def test_fetch_by_two_jobs_in_opposite_order_downloads_once_without_deadlock(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_lock = ReferenceCache._lock

    @contextmanager
    def slow_lock(cache: ReferenceCache, name: str) -> Iterator[None]:
        with real_lock(cache, name):
            time.sleep(0.1)  # so that each job holds its first lock when it asks for its second
            yield

    monkeypatch.setattr(ReferenceCache, "_lock", slow_lock)
    jobs = [
        threading.Thread(target=make_cache(tmp_path, store).fetch, args=(items,), daemon=True)
        for items in ([FASTA, INDEX], [INDEX, FASTA])
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(5)
        assert not job.is_alive()
    assert sorted(store.fetched) == ["genome.fa", "genome.fa.fai"]


def test_fetch_that_fails_half_way_publishes_nothing_and_can_be_repeated(
    tmp_path: Path, store: Store
) -> None:
    cache = make_cache(tmp_path, store)
    store.is_broken = True
    with pytest.raises(TransferError):
        cache.fetch([FASTA])
    assert [path.suffix for path in (tmp_path / "objects").iterdir()] == [".part"]
    store.is_broken = False
    (item,) = cache.fetch([FASTA])
    assert item.path.read_text() == "xxxxx"
    assert not item.was_there


def test_derive_makes_once_per_inputs_and_not_at_all_if_it_fails(
    tmp_path: Path, store: Store
) -> None:
    cache = make_cache(tmp_path, store)
    made: list[str] = []

    def make(folder: Path) -> None:
        (folder / "file").write_text("x")
        made.append(folder.name)
        if len(made) == 1:
            raise ValueError("first try fails")

    with pytest.raises(ValueError, match="first try"):
        cache.derive({"fasta": "e1"}, make)
    folder = cache.derive({"fasta": "e1"}, make)
    assert cache.derive({"fasta": "e1"}, make) == folder
    assert cache.derive({"fasta": "e2"}, make) != folder
    assert len(made) == 3
    assert (folder / "file").exists()
