import pytest

from seqstack.domain.run_names import RUN_ID, run_id_of_key


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
