import pytest

from emulator.engine.moto_adapters.stepfunctions.errors import matches


@pytest.mark.parametrize(
    ("error", "wanted", "expected"),
    [
        ("ToolFailedError", ["ToolFailedError"], True),
        ("ToolFailedError", ["OtherError"], False),
        ("ToolFailedError", ["OtherError", "ToolFailedError"], True),
        ("ToolFailedError", ["States.ALL"], True),
        ("ToolFailedError", ["States.TaskFailed"], True),
        ("States.TaskFailed", ["States.TaskFailed"], True),
        ("States.Timeout", ["States.TaskFailed"], False),
        ("States.Timeout", ["States.Timeout"], True),
        ("States.Timeout", ["States.ALL"], True),
        ("States.Runtime", ["States.ALL"], False),
        ("States.Runtime", ["States.Runtime"], False),
        ("States.DataLimitExceeded", ["States.ALL"], False),
        ("States.DataLimitExceeded", ["States.DataLimitExceeded"], True),
        (None, ["States.ALL"], True),
    ],
)
def test_error_equals_matches_as_the_developer_guide_says(error, wanted, expected) -> None:
    assert matches(error, wanted) is expected
