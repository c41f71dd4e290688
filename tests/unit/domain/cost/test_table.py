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
        ("c8gd.24xlarge", 96, 192, "4.70304"),
        ("m8gd.2xlarge", 8, 32, "0.46128"),
        ("r8gd.large", 2, 16, "0.14696"),
        ("c6gd.4xlarge", 16, 32, "0.6144"),
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


def test_table_has_every_default_family_that_its_source_has() -> None:
    regions = template()["Mappings"]["HostFamilies"].values()
    families = {family for row in regions for names in row.values() for family in names}
    families.remove("choose-InstanceTypes")  # where a region has none

    # newer than the table's source: a cost comes from AWS's price list, or is said to be unknown
    assert families - set(packaged_table().families) == {
        *("c8id", "m8id", "r8id"),
        *("c9gd", "m9gd", "r9gd"),
    }
