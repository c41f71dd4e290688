"""Pricing: GetProducts answers with the on-demand price of an EC2 instance type.

moto 5.2.5 has no such service. Other operations and products are not supported.
"""

import json
from collections.abc import Iterable
from typing import Any

from werkzeug.wrappers import Request, Response

from emulator.engine.prices import OnDemandPrice
from emulator.engine.wsgi import Around, Environ, WsgiApplication

_GET_PRODUCTS = "AWSPriceListService.GetProducts"


def selling(on_demand: OnDemandPrice) -> Around:
    """Answer GetProducts; pass all other requests to the application."""

    def around(application: WsgiApplication) -> WsgiApplication:
        def answer(environ: Environ, start_response: Any) -> Iterable[bytes]:
            if environ.get("HTTP_X_AMZ_TARGET") != _GET_PRODUCTS:
                return application(environ, start_response)
            asked = json.loads(Request(environ).get_data())
            body = {"FormatVersion": "aws_v1", "PriceList": _products(asked, on_demand)}
            response = Response(json.dumps(body), content_type="application/x-amz-json-1.1")
            return response(environ, start_response)

        return answer

    return around


def _products(asked: dict[str, Any], on_demand: OnDemandPrice) -> list[str]:
    wanted = {one["Field"]: one["Value"] for one in asked.get("Filters", [])}
    instance_type = wanted.get("instanceType", "")
    usd = on_demand(instance_type)
    if asked.get("ServiceCode") != "AmazonEC2" or usd is None:
        return []
    return [json.dumps(_product(instance_type, wanted.get("regionCode", ""), f"{usd:.10f}"))]


def _product(instance_type: str, region: str, usd: str) -> dict[str, Any]:
    """A product with its on-demand term, as the price list has it.

    https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file-for-services.html
    """
    dimension = {
        "unit": "Hrs",
        "beginRange": "0",
        "endRange": "Inf",
        "description": f"${usd} per On Demand Linux {instance_type} Instance Hour",
        "appliesTo": [],
        "rateCode": "EMULATED.JRTCKXETXF.6YS6EN2CT7",
        "pricePerUnit": {"USD": usd},
    }
    term = {
        "sku": "EMULATED",
        "offerTermCode": "JRTCKXETXF",
        "effectiveDate": "2026-01-01T00:00:00Z",
        "termAttributes": {},
        "priceDimensions": {dimension["rateCode"]: dimension},
    }
    attributes = {
        "instanceType": instance_type,
        "regionCode": region,
        "operatingSystem": "Linux",
        "tenancy": "Shared",
        "preInstalledSw": "NA",
        "capacitystatus": "Used",
        "marketoption": "OnDemand",
        "servicecode": "AmazonEC2",
    }
    return {
        "product": {
            "productFamily": "Compute Instance",
            "attributes": attributes,
            "sku": "EMULATED",
        },
        "serviceCode": "AmazonEC2",
        "terms": {"OnDemand": {"EMULATED.JRTCKXETXF": term}},
    }
