"""`seqstack cost reconcile`: a small bill beside the ledger, with sums made by hand.

cur2.csv has the columns of a daily export of CUR 2.0; its amounts are made up. The hosts cost 0.60
with their volumes, orchestration's services 0.005, storage and logs 0.126: together 0.731.
"""

import csv
import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cli.bill.lines import bill_lines, column_name
from cli.bill.reconciling import reconcile
from cli.costs import By
from cli.errors import CliError, ExitCode
from tests.unit.cli.runs import summary
from tests.unit.cli.scripted_api import ScriptedApi, SeqStack

BILL = Path(__file__).parent / "cur2.csv"
LEGACY = {
    "line_item_usage_start_date": "lineItem/UsageStartDate",
    "line_item_product_code": "lineItem/ProductCode",
    "line_item_unblended_cost": "lineItem/UnblendedCost",
    "line_item_currency_code": "lineItem/CurrencyCode",
    "split_line_item_split_cost": "splitLineItem/SplitCost",
    "split_line_item_unused_cost": "splitLineItem/UnusedCost",
}
HEAD = b"line_item_usage_start_date,line_item_product_code,line_item_unblended_cost"
STARTED = "2026-01-02T03:04:05.678Z"


def run(name: str, project: str, beside: float, **steps: float) -> Any:
    return summary(
        runId=name,
        project=project,
        startedAt=STARTED,
        costUsdByStep={**steps, "orchestration": beside},
    )


RUNS = [
    run("r1", "rare", 0.002, align=0.3, callVariants=0.1),
    run("r2", "care", 0.002, align=0.1),
]


def test_shares_of_the_bill_meet_its_sum() -> None:
    found = reconcile(bill_lines(BILL), RUNS, By.PROJECT)

    assert found.bill_usd == Decimal("0.731")
    assert found.ledger == {
        "hosts": Decimal("0.5"),
        "orchestration": Decimal("0.004"),
        "other": Decimal("0.504"),
    }
    rare, care = found.shares
    # 0.60 * 0.4/0.5 + 0.005 * 0.002/0.004 + 0.126 * 0.402/0.504
    assert (rare.key, round(rare.bill_usd, 9)) == ("rare", Decimal("0.583"))
    assert (care.key, round(care.bill_usd, 9)) == ("care", Decimal("0.148"))
    assert (rare.tagged_usd, care.tagged_usd) == (Decimal("0.44"), Decimal("0.11"))
    assert found.unshared_usd == 0


def test_bill_without_runs_is_not_shared_out() -> None:
    found = reconcile(bill_lines(BILL), [], By.RUN)

    assert (found.shares, found.unshared_usd) == ((), Decimal("0.731"))


def test_legacy_report_says_the_same(tmp_path: Path) -> None:
    legacy = tmp_path / "legacy.csv.gz"
    rows = list(csv.DictReader(BILL.read_text("utf-8").splitlines()))
    names = ["resourceTags/user:seqstack:project", "resourceTags/aws:createdBy"]
    with gzip.open(legacy, "wt", newline="") as file:
        writer = csv.DictWriter(file, [*LEGACY.values(), *names])
        writer.writeheader()
        for row in rows:
            project = json.loads(row["resource_tags"] or "{}").get("user_seqstack_project", "")
            writer.writerow({LEGACY[key]: row[key] for key in LEGACY} | {names[0]: project})

    assert reconcile(bill_lines(legacy), RUNS, By.PROJECT) == reconcile(
        bill_lines(BILL), RUNS, By.PROJECT
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lineItem/UnblendedCost", "line_item_unblended_cost"),
        ("resourceTags/user:seqstack:runId", "resource_tags_seqstackrunid"),
        ("resource_tags_user_seqstack_run_id", "resource_tags_seqstackrunid"),
        ("resource_tags", "resource_tags"),
    ],
)
def test_columns_have_the_names_of_cur_2(name: str, expected: str) -> None:
    assert column_name(name) == expected


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PAR1....", "can't be read: .*too small to be a Parquet file"),
        (b"\x1f\x8b broken", "can't be read"),
        (b"run,cost\na,1\n", "has no column line_item_usage_start_date"),
        (
            HEAD + b"\n2026-01-02T00:00:00Z,AmazonS3,1\n2026-01-02T00:00:00Z,Ama",
            "line 3: it has another number of columns",
        ),
        (
            HEAD + b"\n2026-01-02T00:00:00Z,AmazonS3,1,000.5\n",
            "line 2: it has another number of columns",
        ),
        (
            HEAD + b"\n2026-01-02T00:00:00Z,AmazonS3,much\n",
            "line 2: ",
        ),
        (
            HEAD + b",line_item_currency_code\n2026-01-02T00:00:00Z,AmazonS3,1,EUR\n",
            "line 2: the currency is EUR",
        ),
    ],
)
def test_what_is_no_bill_in_dollars_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "bill"
    file.write_bytes(content)

    with pytest.raises(CliError, match=said):
        list(bill_lines(file))


def test_command_prints_the_comparison(api: ScriptedApi, seqstack: SeqStack) -> None:
    earlier = run("r0", "rare", 0.002, align=5.0) | {"startedAt": "2026-01-01T23:00:00.000Z"}
    api.on("GET /runs", {"runs": [*RUNS, earlier], "nextToken": None})

    result = seqstack("cost", "reconcile", str(BILL))

    assert result.exit_code == 0, result.output
    said = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "total $0.7310" in said
    assert "hosts: $0.6000 in the bill, $0.5000 of jobs in the ledger, $0.1000 beyond" in said
    assert "rare 1 $0.4020 $0.5830 $0.4400" in said
    document = json.loads(seqstack("cost", "reconcile", str(BILL), "--json").stdout)
    assert sum(each["billUsd"] for each in document["shares"]) == pytest.approx(0.731)


def test_period_ends_with_the_bill_s_lines_of_an_hour_or_a_month(
    api: ScriptedApi, seqstack: SeqStack, tmp_path: Path
) -> None:
    later = run("r3", "rare", 0.002, align=1.0) | {"startedAt": "2026-01-30T08:00:00.000Z"}
    api.on("GET /runs", {"runs": [later, *RUNS], "nextToken": None})
    head = HEAD.decode() + ",line_item_usage_end_date\n2026-01-"
    ledgers = []
    for line in (
        "01T00:00:00Z,AmazonEC2,9,2026-02-01T00:00:00Z",
        "02T03:00:00Z,AmazonEC2,9,2026-01-02T04:00:00Z",
        "02T02:00:00Z,AmazonEC2,9,2026-01-02T03:00:00Z",
    ):
        file = tmp_path / "bill.csv"
        file.write_text(f"{head}{line}\n")
        document = json.loads(seqstack("cost", "reconcile", str(file), "--json").stdout)
        ledgers.append(document["ledgerUsd"]["hosts"])

    assert ledgers == [1.5, 0.5, 0]


@pytest.mark.parametrize(
    "arguments",
    [
        ("reconcile",),
        ("reconcile", str(BILL), "--project", "rare"),
        ("reconcile", str(BILL), "--by", "step"),
        ("reconcile", str(BILL), str(BILL)),
        ("reconcile", str(BILL), "--until", "2025-01-01"),
        ("r1", str(BILL)),
    ],
)
def test_command_refuses_what_it_can_not_do(seqstack: SeqStack, arguments: tuple[str, ...]) -> None:
    assert seqstack("cost", *arguments).exit_code == ExitCode.USAGE


def test_command_without_a_bill_says_how_it_is_called_for_the_same_stack(
    seqstack: SeqStack,
) -> None:
    ended = seqstack("cost", "--stack", "lab", "reconcile")

    assert "seqstack --stack lab cost reconcile FILE..." in ended.stderr
