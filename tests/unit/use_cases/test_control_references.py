"""Show and delete references; what a running run needs stays."""

from typing import Any

import pytest

from seqstack.domain.records import RunRow
from seqstack.domain.reference.named import ReferenceName
from seqstack.domain.request_errors import (
    ReferenceInUseError,
    UnknownReferenceError,
    UnreadableReferenceError,
)
from seqstack.domain.words import RunState
from seqstack.use_cases.control_references import delete_reference, show_reference
from tests.support.builders import RESULTS_BUCKET, run_row
from tests.support.fakes import FakeLedger, FakeReferences
from tests.support.prepared import OTHER_VERSION, VERSION, prepared

NAMED = ReferenceName("GRCh38", VERSION)
TEXT = f"GRCh38/{VERSION}"


@pytest.fixture
def references() -> FakeReferences:
    return FakeReferences(
        prepared(RESULTS_BUCKET, "GRCh38"), prepared(RESULTS_BUCKET, "GRCh38", OTHER_VERSION)
    )


def ledger_of(*runs: RunRow) -> FakeLedger:
    ledger = FakeLedger()
    for run in runs:
        ledger.open_run(run, [])
    return ledger


def run(run_id: str, **changes: Any) -> RunRow:
    return run_row(run_id=run_id, **changes)


def test_name_alone_is_the_newest_version(references: FakeReferences) -> None:
    assert show_reference(ReferenceName("GRCh38"), references).version == OTHER_VERSION
    assert show_reference(NAMED, references).version == VERSION
    with pytest.raises(UnknownReferenceError, match="no reference GRCh37"):
        show_reference(ReferenceName("GRCh37"), references)


def test_manifest_of_another_schema_is_unreadable(
    references: FakeReferences, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(_named: ReferenceName) -> None:
        raise ValueError("the manifest has schema version 2")

    monkeypatch.setattr(references, "find", find)

    with pytest.raises(UnreadableReferenceError, match=f"{TEXT}.*schema version 2"):
        show_reference(NAMED, references)


@pytest.mark.parametrize(
    "other",
    [
        {"reference": f"GRCh38/{OTHER_VERSION}"},
        {"reference": ""},
        {"workflow": "prepare_reference", "subject": f"GRCh38/{OTHER_VERSION}"},
        {"workflow": "secondary_analysis", "subject": TEXT},
        {"reference": TEXT, "state": RunState.SUCCEEDED},
        {"workflow": "prepare_reference", "subject": TEXT, "state": RunState.FAILED},
    ],
)
def test_version_that_no_run_needs_is_deleted(
    references: FakeReferences, other: dict[str, Any]
) -> None:
    assert delete_reference(NAMED, references, ledger_of(run("r", **other))) == 1

    assert [each.version for each in references.manifests] == [OTHER_VERSION]
    with pytest.raises(UnknownReferenceError):
        delete_reference(NAMED, references, FakeLedger())


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ({"reference": TEXT}, "run r reads it"),
        ({"workflow": "prepare_reference", "subject": TEXT}, "run r prepares it"),
    ],
)
def test_version_that_a_run_needs_stays(
    references: FakeReferences, user: dict[str, Any], said: str
) -> None:
    # more runs than a page of the ledger, the user the oldest
    others = [run(f"r{n}", started_at="2026-02-01T00:00:00Z") for n in range(150)]
    ledger = ledger_of(run("r", started_at="2026-01-01T00:00:00Z", **user), *others)

    with pytest.raises(ReferenceInUseError, match=said):
        delete_reference(NAMED, references, ledger)

    assert len(references.manifests) == 2


def test_many_users_are_counted(references: FakeReferences) -> None:
    ledger = ledger_of(*(run(f"r{n}", reference=TEXT) for n in range(7)))

    with pytest.raises(ReferenceInUseError, match="and 2 more; wait for their ends"):
        delete_reference(NAMED, references, ledger)
