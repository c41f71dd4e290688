"""The reference service that the emulator starts for jobs that are processes."""

import hashlib
from pathlib import Path
from unittest.mock import create_autospec

import pytest

from emulator.engine.guardian import Guard
from emulator.reference_service import ReferenceService
from jobkit.reference_service import Answer, ReferenceServiceGoneError, reference_session
from jobkit.s5cmd import S3Object
from seqstack.domain.s3uri import S3Uri

BASES = b"ACGT"
ITEM = S3Object(
    S3Uri("b", "genome.fa"), len(BASES), hashlib.md5(BASES, usedforsecurity=False).hexdigest()
)


def test_reference_service_serves_the_hosts_folder_verifies_each_time_and_ends_with_the_emulator(
    tmp_path: Path,
) -> None:
    guard = create_autospec(Guard, instance=True)
    service = ReferenceService(tmp_path, guard)
    folder = tmp_path / "scratch" / "references"
    (tmp_path / "genome.fa").write_bytes(BASES)
    try:
        with reference_session(folder) as job:
            assert job.want(ITEM) is Answer.FETCH
            assert job.give(ITEM, tmp_path / "genome.fa") == (Answer.HAVE, "")
            (file,) = (folder / "objects").iterdir()
            file.chmod(0o644)
            file.write_bytes(BASES[::-1])
            assert job.want(ITEM) is Answer.SPOILT
    finally:
        service.close()
    ((session, marker), _) = guard.watch.call_args
    assert marker.startswith("SEQSTACK_REFERENCE_SERVICE=")
    guard.forget.assert_called_once_with(session)
    with pytest.raises(ReferenceServiceGoneError), reference_session(folder, patience=0):
        pass
