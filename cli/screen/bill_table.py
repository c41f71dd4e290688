"""A bill beside the ledger's costs."""

from decimal import Decimal

from rich.console import Console

from cli.bill.reconciling import Kind, Reconciliation
from cli.costs import By
from cli.screen.tables import new_table, print_table
from seqstack.domain.quantities import cost_text

_CHARGED = {Kind.HOSTS: "jobs", Kind.ORCHESTRATION: "orchestration"}
_NUMBERS = ("bill", "runs", "ledger", "of the bill", "with its tag")


def print_reconciliation(console: Console, found: Reconciliation, by: By) -> None:
    """Print the services of the bill, the ledger's part of each kind, and the shares."""
    services = [
        {"service": each.name, "bill": _usd(each.usd), "shared out by": str(each.kind)}
        for each in found.services
    ]
    services.append({"service": "total", "bill": _usd(found.bill_usd), "shared out by": ""})
    _print(console, services)
    for kind, name in _CHARGED.items():
        billed = sum((each.usd for each in found.services if each.kind is kind), Decimal(0))
        known = found.ledger[kind]
        _say(
            console,
            f"{kind}: {_usd(billed)} in the bill, {_usd(known)} of {name} in the ledger, "
            f"{_usd(billed - known)} beyond",
        )
    shares = [
        {
            str(by): each.key or f"(no {by})",
            "runs": str(each.runs),
            "ledger": _usd(each.ledger_usd),
            "of the bill": _usd(each.bill_usd),
            "with its tag": "" if each.tagged_usd is None else _usd(each.tagged_usd),
        }
        for each in found.shares
    ]
    if shares:
        _print(console, shares)
    if found.unshared_usd:
        usd = _usd(found.unshared_usd)
        _say(console, f"Not shared out: {usd}, for which no run of the period has a cost.")


def _usd(amount: Decimal) -> str:
    return f"-{cost_text(float(-amount))}" if amount < 0 else cost_text(float(amount))


def _say(console: Console, text: str) -> None:
    console.print(text, soft_wrap=True, markup=False, highlight=False)


def _print(console: Console, rows: list[dict[str, str]]) -> None:
    table = new_table(console, *rows[0], right=_NUMBERS)
    for row in rows:
        table.add_row(*row.values())
    print_table(console, table)
