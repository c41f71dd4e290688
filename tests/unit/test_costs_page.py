"""docs/costs.md says what the code says."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from seqstack.domain.cost.hosts import PurchaseOption
from seqstack.domain.cost.money import usd
from seqstack.domain.cost.orchestration import Orchestration
from seqstack.domain.cost.table import packaged_table

PAGE = (Path(__file__).parents[2] / "docs/costs.md").read_text()
_HOUR_MS = 3_600_000


def rows(columns: int) -> Iterator[list[str]]:
    """The rows of the page's table with so many columns, without its head."""
    lines = [line for line in PAGE.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    yield from (row for row in cells if len(row) == columns and re.match(r"\d", row[-1]))


def test_exome_of_the_page_costs_what_the_code_says() -> None:
    table = packaged_table()
    found = list(rows(9))
    assert len(found) == 6
    for _, _, host, vcpus, memory_mib, share, seconds, hourly, cost in found:
        shape, price = table.shape(host), table.price(host, PurchaseOption.SPOT)
        assert shape
        assert price
        assert shape.share_of(Decimal(vcpus), int(memory_mib)) == Decimal(share)
        assert price.of_period(0, _HOUR_MS) == Decimal(hourly)
        charged = Decimal(share) * price.of_period(0, int(seconds) * 1000)
        assert usd(charged) == Decimal(cost)
    total = sum(Decimal(row[-1]) for row in found)
    assert f"{total}, and {total / table.spot_share} on demand" in " ".join(PAGE.split())


def test_orchestration_of_the_page_costs_what_the_code_says() -> None:
    found = {name: (number, cost) for name, number, _, cost in rows(4)}
    counted = Orchestration.from_document({name: number for name, (number, _) in found.items()})
    parts = counted.parts(packaged_table().services)
    costs = [Decimal(cost) for _, cost in found.values()]
    assert sorted(parts.values()) == sorted(costs)
    assert "Together 0.001352." in PAGE
    assert usd(sum(costs, Decimal(0))) == counted.usd(packaged_table().services)
