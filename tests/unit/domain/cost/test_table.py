"""The packaged price table, against AWS's published prices of single types."""

from decimal import Decimal

import pytest

from seqstack.domain.cost.hosts import InstanceShape, PurchaseOption
from seqstack.domain.cost.table import packaged_table
from tests.support.aws_world import template


# https://aws.amazon.com/ec2/pricing/on-demand/, Linux in us-east-1; sizes from
# https://aws.amazon.com/ec2/instance-types/
@pytest.mark.parametrize(
    ("instance_type", "vcpus", "gib", "usd_per_hour"),
    [
        ("c6i.4xlarge", 16, 32, "0.68"),
        ("c6id.4xlarge", 16, 32, "0.8064"),
        ("c6a.48xlarge", 192, 384, "7.344"),
        ("c5d.9xlarge", 36, 72, "1.728"),
        ("c5.18xlarge", 72, 144, "3.06"),
        ("m6id.large", 2, 8, "0.11865"),
        ("m6i.32xlarge", 128, 512, "6.144"),
        ("m5d.24xlarge", 96, 384, "5.424"),
        ("r6id.xlarge", 4, 32, "0.3024"),
        ("r7a.xlarge", 4, 32, "0.3043"),
        ("r7i.2xlarge", 8, 64, "0.5292"),
    ],
)
def test_table_has_the_published_shape_and_price(
    instance_type: str, vcpus: int, gib: int, usd_per_hour: str
) -> None:
    table = packaged_table()
    price = table.price(instance_type, PurchaseOption.ON_DEMAND)

    assert table.shape(instance_type) == InstanceShape(vcpus, gib * 1024)
    assert price is not None
    assert price.of_period(0, 3_600_000) == Decimal(usd_per_hour)
    assert price.source == "packagedTable 2026-01-19"


def test_spot_price_of_the_table_is_half_of_on_demand_and_says_that_it_is_an_estimate() -> None:
    price = packaged_table().price("c6i.4xlarge", PurchaseOption.SPOT)

    assert price is not None
    assert price.of_period(0, 3_600_000) == Decimal("0.34")
    assert price.source == "packagedTable 2026-01-19 estimate"


@pytest.mark.parametrize("instance_type", ["c6i.9xlarge", "c6i", "", "p5.48xlarge", "c6i.metal"])
def test_table_knows_nothing_of_other_types(instance_type: str) -> None:
    table = packaged_table()

    assert table.shape(instance_type) is None
    assert table.price(instance_type, PurchaseOption.ON_DEMAND) is None


def test_table_has_every_family_that_the_stack_takes_by_default() -> None:
    regions = template()["Mappings"]["HostFamilies"].values()
    families = {family for region in regions for family in region["withDisks"]}

    assert families == {"c6id", "m6id", "r6id"}
    assert families <= set(packaged_table().families)
