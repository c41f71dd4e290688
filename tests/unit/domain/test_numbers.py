import pytest

from seqstack.domain.numbers import decimal_number, whole_number

NOT_OF_ASCII_DIGITS = [
    "",
    " 1",
    "1 ",
    "1\n",
    "1_0",
    "+1",
    "-1",
    "\u0663",
    "\uff11",
    "nan",
    "inf",
    "1e5",
    "²",
]


@pytest.mark.parametrize("text", [*NOT_OF_ASCII_DIGITS, "1.0", "9" * 19])
def test_whole_number_of_anything_but_digits_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a whole number"):
        whole_number(text)


@pytest.mark.parametrize("text", [*NOT_OF_ASCII_DIGITS, ".5", "5.", "1.2.3"])
def test_decimal_number_of_anything_but_digits_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        decimal_number(text)


def test_numbers_of_digits_are_read() -> None:
    assert (whole_number("0"), whole_number("007"), whole_number("9" * 18)) == (0, 7, 10**18 - 1)
    assert (decimal_number("60"), decimal_number("7.50")) == (60.0, 7.5)
