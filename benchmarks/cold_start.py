"""Cold starts of the functions, beside a bare handler.

A start is a process with AWS's runtime client, as the emulator's workers are, until it asks for its
first call. The bare handler imports boto3 and makes the clients of the services that the function's
role allows. SeqStack's functions make theirs in their first call; so they are compared as they
are, and again with the same clients made at the start.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.pairs import in_turn, ratios
from benchmarks.results import table
from benchmarks.settings import Settings
from emulator.engine.lambda_runtime.api import RuntimeApi
from emulator.engine.lambda_runtime.function import FunctionSpec, worker_environment
from emulator.engine.lambda_runtime.site import build_runtime_site
from scripts.iam_policies import listed, statements
from seqstack.tools.registry import Tool
from tests.integration.functions.test_packages import LAYER, zipped_bytes
from tests.support.aws_world import function_environment, functions, template

TITLE = "Cold starts"
TOOLS: Sequence[Tool] = ()
PACKAGES = ("boto3", "awslambdaric", "pydantic")

_ROUNDS = 15
_QUICK = ("submit_job", "api")
_GIVE_UP_SECONDS = 120
_BUILT = LAYER.parent
_CLIENTS = {"states": "stepfunctions"}  # names of boto3's clients that differ from the actions'
_WITHOUT_CLIENT = {"kms", "xray"}
_AWS = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}


class StartError(RuntimeError):
    """A function has not started."""


def services_of(logical_id: str) -> list[str]:
    """boto3's names of the services that a function's role allows."""
    properties = template()["Resources"][logical_id]["Properties"]
    actions = {
        action.partition(":")[0]
        for policy in properties["Policies"]
        for statement in statements(policy)
        for action in listed(statement.get("Fn::If", ["", statement])[1]["Action"])
    }
    return sorted(_CLIENTS.get(name, name) for name in actions - _WITHOUT_CLIENT)


def _code(services: Sequence[str], handler: str) -> str:
    made = [
        f"boto3.{'resource' if service == 'dynamodb' else 'client'}({service!r})"
        for service in services
    ]
    return "\n".join(["import boto3", handler, *made, ""])


def start(folders: Sequence[Path], handler: str, logical_id: str, site: Path) -> float:
    """Seconds until the function asks for its first call.

    Raises:
        StartError: it ended before.
    """
    ready = threading.Event()
    api = RuntimeApi("arn:aws:lambda:us-east-1:123456789012:function:f", ready.set)
    given = function_environment(logical_id)
    spec = FunctionSpec("f", api.function_arn, handler, folders[0], (), given, 30, 256, "/f")
    environment = worker_environment(spec, api.address, "stream", site, _AWS)
    environment["PYTHONPATH"] = ":".join(map(str, [*folders, site]))
    before = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-S", "-s", "-m", "awslambdaric", handler],
        env=environment,
        cwd=folders[0],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        is_ready = ready.wait(_GIVE_UP_SECONDS)
        seconds = time.monotonic() - before
        if not is_ready or api.init_error:
            raise StartError(f"{logical_id} did not start: {(api.init_error or b'').decode()}")
    finally:
        process.kill()
        process.wait()
        api.close()
    return seconds


def run(settings: Settings) -> str:
    """Start each function and its bare handlers in turn."""
    rows = []
    chosen = {n: i for n, i in functions().items() if not settings.is_quick or n in _QUICK}
    rounds = settings.rounds or _ROUNDS
    with TemporaryDirectory() as name:
        site = Path(name) / "site"
        site.mkdir()
        build_runtime_site(site)
        for function, logical_id in sorted(chosen.items()):
            package, layer = _BUILT / logical_id, LAYER / "python"
            made = Path(name) / function
            made.mkdir()
            services = services_of(logical_id)
            bare = "def lambda_handler(event, context): return None"
            (made / "bare.py").write_text(_code(services, bare))
            (made / "complete.py").write_text(_code(services, "from app import lambda_handler"))
            ours = [package, layer]
            ways = {
                "bare": partial(start, [made], "bare.lambda_handler", logical_id, site),
                "ours": partial(start, ours, "app.lambda_handler", logical_id, site),
                "complete": partial(
                    start, [made, *ours], "complete.lambda_handler", logical_id, site
                ),
            }
            in_turn(ways, 1)  # reads every file once
            taken = in_turn(ways, rounds)
            rows.append(
                [
                    f"`{function}`",
                    ratios(taken["ours"], taken["bare"]).text(".2f"),
                    ratios(taken["complete"], taken["bare"]).text(".2f"),
                    f"{zipped_bytes(package):,}",
                ]
            )
    heads = ["function", "start / bare", "start with clients / bare", "package, bytes"]
    return (
        "Seconds until a function asks for its first call, as multiples of a bare handler's that "
        "imports boto3 and makes the clients of the services that the function's role allows. A "
        "function makes its clients in its first call; the second column has them made at the "
        f"start.\n\n{table(heads, rows)}\n\nThe layer has {zipped_bytes(LAYER):,} bytes. "
        f"{rounds} rounds; packages are compressed."
    )
