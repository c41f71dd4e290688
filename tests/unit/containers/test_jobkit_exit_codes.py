import pytest

from jobkit.exit_codes import ExitCode, describe_exit, exit_code_of_tool


@pytest.mark.parametrize(
    ("returncode", "expected"),
    [
        (0, 0),
        (1, ExitCode.TOOL_FAILED),
        (3, ExitCode.TOOL_FAILED),  # isaac-align's std::bad_alloc
        (-9, 137),
        (-15, 143),
        (134, 134),  # a script reporting its child's SIGABRT
        (128, ExitCode.TOOL_FAILED),
        (255, ExitCode.TOOL_FAILED),  # java's System.exit(-1)
    ],
)
def test_exit_code_of_tool_is_never_0_for_a_failure(returncode: int, expected: int) -> None:
    assert exit_code_of_tool(returncode) == expected


def test_exit_codes_are_0_only_for_success() -> None:
    assert [code.name for code in ExitCode if code == 0] == ["OK"]
    assert all(0 <= code < 256 for code in ExitCode)


def test_describe_exit_names_the_signal() -> None:
    assert describe_exit(-9) == "killed by signal 9 (SIGKILL)"
    assert describe_exit(-40) == "killed by signal 40 (unnamed)"
    assert describe_exit(2) == "exit status 2"
