"""Lengths of time, amounts, counts and sizes, for people."""

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def duration_text(seconds: float | None) -> str:
    """A length of time: `4.2 s`, `3 min 05 s`, `2 h 07 min`, `3 d 04 h`; nothing for None."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes:02} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours:02} h"


def time_left_text(seconds: int) -> str:
    """An estimate: `about 1 min left`, `about 25 min left`, `about 2.5 h left`."""
    if seconds < 100 * 60:
        return f"about {max(1, round(seconds / 60))} min left"
    return f"about {seconds / 3600:.1f} h left"


def reads_text(reads: int) -> str:
    """A number of reads: `1,234`, `12.3 M`."""
    return f"{reads / 1_000_000:.1f} M" if reads >= 1_000_000 else f"{reads:,}"


def cost_text(usd: float | None) -> str:
    """US dollars: two decimals from a dollar up, four below.

    `$0` only if the cost is known to be zero.
    """
    if usd is None:
        return ""
    if usd == 0:
        return "$0"
    if usd < 0.0001:
        return "<$0.0001"
    return f"${usd:,.2f}" if usd >= 1 else f"${usd:.4f}"


def count_text(number: int, thing: str) -> str:
    """A count with its noun: `1 run`, `2,000 runs`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def bases_text(bases: int) -> str:
    """A length in bases: `16,569 bp`, `3.1 Gbp`."""
    for unit, size in (("Gbp", 10**9), ("Mbp", 10**6)):
        if bases >= size:
            return f"{bases / size:.1f} {unit}"
    return f"{bases:,} bp"


def size_text(size: float) -> str:
    """A size in bytes."""
    unit = 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.0f} {_UNITS[unit]}" if unit == 0 else f"{size:.1f} {_UNITS[unit]}"
