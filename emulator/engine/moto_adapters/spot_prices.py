"""EC2: DescribeSpotPriceHistory returns prices with times, and supports its filters.

moto 5.2.5 says that every type costs $0.00001 in every zone since 2006; it reads neither
AvailabilityZone nor StartTime nor EndTime.
"""

from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.spot_instances import SpotInstances

from emulator.engine.clock import Clock
from emulator.engine.patches import Patches
from emulator.engine.prices import OnDemandPrice, SpotPrice, spot_prices

_PRODUCT = "Linux/UNIX"


def install(patches: Patches, on_demand: OnDemandPrice, clock: Clock) -> None:
    """Answer with prices below `on_demand` until `patches` are restored.

    They are known until the clock's present, as the jobs are that pay them.
    """

    def describe_spot_price_history(request: SpotInstances) -> ActionResult:
        get = request._get_param
        if _PRODUCT not in get("ProductDescriptions", [_PRODUCT]):
            return ActionResult({"SpotPriceHistory": []})
        zones = [get("AvailabilityZone")] if get("AvailabilityZone") else _zones(request)
        now = datetime.fromtimestamp(clock.time(), UTC)
        since, until = _moment(get("StartTime"), now), min(now, _moment(get("EndTime"), now))
        found = [
            price
            for instance_type in get("InstanceTypes", [])
            for zone in zones
            for price in spot_prices(on_demand, instance_type, zone, since, until)
        ]
        return ActionResult({"SpotPriceHistory": [*map(_entry, found)]})

    patches.replace(SpotInstances, "describe_spot_price_history", describe_spot_price_history)


def _zones(request: SpotInstances) -> list[str]:
    return [zone.name for zone in request.ec2_backend.describe_availability_zones()]


def _moment(value: Any, otherwise: datetime) -> datetime:
    if value is None:
        return otherwise
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _entry(price: SpotPrice) -> dict[str, Any]:
    return {
        "InstanceType": price.instance_type,
        "ProductDescription": _PRODUCT,
        "SpotPrice": f"{price.usd:.6f}",
        "AvailabilityZone": price.zone,
        "Timestamp": price.at,
    }
