import pytest

from emulator.engine.batch.process_runner import exit_code


@pytest.mark.parametrize(("status", "code"), [(0, 0), (3, 3), (137, 137), (-9, 137), (-15, 143)])
def test_exit_code_of_a_signal_is_128_and_its_number(status: int, code: int) -> None:
    assert exit_code(status) == code
