"""Read an environment from samconfig.toml, for scripts that use its deployed stack."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

SAMCONFIG = Path(__file__).parents[1] / "samconfig.toml"


@dataclass(frozen=True, slots=True)
class DeployedEnvironment:
    """One environment: `name` is for `sam --config-env`."""

    name: str
    stack: str
    parameters: tuple[str, ...]


def deployed_environment(name: str, path: Path = SAMCONFIG) -> DeployedEnvironment:
    """Read one environment.

    Raises:
        ValueError: it has no section `global` or `deploy`; the message names those that have.
    """
    config = tomllib.loads(path.read_text())
    known = [key for key, value in config.items() if isinstance(value, dict) and "deploy" in value]
    if name not in known:
        raise ValueError(f"{path.name} has no environment {name!r}, but {', '.join(known)}")
    sections = config[name]
    return DeployedEnvironment(
        name=name,
        stack=sections["global"]["parameters"]["stack_name"],
        parameters=tuple(sections["deploy"]["parameters"].get("parameter_overrides", [])),
    )
