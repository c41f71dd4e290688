import pytest

from cli import watch
from tests.unit.cli.scripted_api import ScriptedApi, SeqStack


@pytest.fixture
def api() -> ScriptedApi:
    return ScriptedApi()


@pytest.fixture
def seqstack(api: ScriptedApi) -> SeqStack:
    return SeqStack(api)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own settings, and times in UTC."""
    for name in ("STACK", "TOKEN", "API_URL", "LOCAL_PORT"):
        monkeypatch.delenv(f"SEQSTACK_{name}", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(watch, "_SHORTEST_SECONDS", 0.0)
    monkeypatch.setattr(watch, "_LONGEST_SECONDS", 0.0)
    monkeypatch.setattr(watch, "_WAITS", (0.0, 0.0, 0.0))
