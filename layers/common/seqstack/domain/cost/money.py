"""Amounts of US dollars."""

from decimal import ROUND_HALF_EVEN, Decimal

# A step of one second costs millionths of a dollar; sums of rounded amounts must be right to the
# cent.
_SMALLEST = Decimal("0.000000001")


def usd(amount: Decimal) -> Decimal:
    """The amount rounded to a billionth of a dollar, without trailing zeros."""
    rounded = amount.quantize(_SMALLEST, rounding=ROUND_HALF_EVEN).normalize()
    return rounded + 0  # 1E+1 and -0 as 1E+1 and 0
