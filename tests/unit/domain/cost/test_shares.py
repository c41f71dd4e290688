"""The part of its host that a job is charged for."""

from decimal import Decimal

import pytest

from seqstack.domain.cost.hosts import Host, InstanceShape, PurchaseOption


@pytest.mark.parametrize(
    ("vcpus", "memory_mib", "share"),
    [
        # of 16 vCPUs and 32 GiB
        ("16", 28672, "1"),  # 16/16 = 1; 28/32 = 0.875
        ("4", 8192, "0.25"),  # 4/16; 8/32: the same
        ("2", 14336, "0.4375"),  # 2/16 = 0.125; 14/32 = 0.4375: memory
        ("8", 4096, "0.5"),  # 8/16 = 0.5; 4/32 = 0.125: vCPUs
        ("0.5", 512, "0.03125"),  # 0.5/16 = 0.03125; 0.5/32 = 0.015625
        ("32", 65536, "1"),  # more than there is
    ],
)
def test_share_of_an_instance_is_the_larger_of_vcpus_and_memory(
    vcpus: str, memory_mib: int, share: str
) -> None:
    shape = InstanceShape(vcpus=16, memory_mib=32768)

    assert shape.share_of(Decimal(vcpus), memory_mib) == Decimal(share)


def test_host_without_its_zone_is_not_known() -> None:
    assert Host("i-1", "c6i.large", PurchaseOption.SPOT, "us-east-1a").is_known
    assert not Host("i-1", "c6i.large", PurchaseOption.SPOT, "").is_known
    assert not Host("i-1", "c6i.large", None, "us-east-1a").is_known
    assert not Host().is_known
