"""Waiting for a run by HTTP."""

from typing import Any

from tests.support.api_client import ApiClient
from tests.support.workflow_world import World


def wait_for(api: ApiClient, world: World, run_id: str, state: str) -> dict[str, Any]:
    """Wait until the run is in `state`; return it."""
    world.eventually(state, lambda: api.get(f"/runs/{run_id}").json["state"])
    return dict(api.get(f"/runs/{run_id}").json)
