from datetime import datetime, timedelta, timezone

import pytest

from seqstack.domain.run_names import RUN_ID, new_run_id, run_id_of_key, submitter_of

NOW = datetime(2026, 1, 2, 4, 5, 6, tzinfo=timezone(timedelta(hours=1)))


def test_new_run_id_reports_the_time_in_utc() -> None:
    assert new_run_id(NOW, "9f3a1c0b") == "20260102-030506-9f3a1c0b"
    assert RUN_ID.fullmatch(new_run_id(NOW, "9f3a1c0b"))


def test_run_id_of_key_is_one_for_each_caller_operation_and_key() -> None:
    asked = [("ana", "startRun", "k"), ("ben", "startRun", "k"), ("ana", "resumeRun r", "k"),
             ("ana", "startRun", "l")]  # fmt: skip

    assert len({run_id_of_key(*each) for each in asked}) == 4
    assert run_id_of_key(*asked[0]) == run_id_of_key(*asked[0])


@pytest.mark.parametrize(
    ("key", "begins"),
    [
        ("20260102-030405-plate7", "20260102-030405-"),
        ("20260102-030405", "key-"),
        ("x20260102-030405-y", "key-"),
        ("k" * 255, "key-"),
    ],
)
def test_run_id_of_key_takes_over_a_time(key: str, begins: str) -> None:
    name = run_id_of_key("ana", "startRun", key)

    assert name.startswith(begins)
    assert key not in name
    assert RUN_ID.fullmatch(name)
    assert run_id_of_key("ben", "startRun", key) != name


@pytest.mark.parametrize(
    ("caller", "submitter"),
    [
        ("arn:aws:sts::123456789012:assumed-role/Lab/j.doe@example.org", "jdoeexampleorg"),
        ("arn:aws:iam::123456789012:user/path/mmuster", "mmuster"),
        ("5f2d7a8e-1c3b-4a6d-9e8f-0a1b2c3d4e5f", "5f2d7a8e1c3b4a6d9e8f0a1b2c3d4e5f"),
        ("x" * 100, "x" * 64),
        ("user/é", ""),
        ("", ""),
    ],
)
def test_submitter_of_a_caller_is_letters_and_digits_of_the_name(
    caller: str, submitter: str
) -> None:
    assert submitter_of(caller) == submitter
