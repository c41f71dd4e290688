"""Amounts of US dollars."""

from decimal import ROUND_HALF_EVEN, Decimal

# A step that runs for a second costs millionths; sums of rounded amounts stay right to the cent.
_SMALLEST = Decimal("0.000000001")


def usd(amount: Decimal) -> Decimal:
    """The amount to the billionth of a dollar, without zeros at its end."""
    rounded = amount.quantize(_SMALLEST, rounding=ROUND_HALF_EVEN).normalize()
    return rounded + 0  # 1E+1 and -0 as 1E+1 and 0
