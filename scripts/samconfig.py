"""Read an environment from samconfig.toml, for scripts that use its deployed stack."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

SAMCONFIG = Path(__file__).parents[1] / "samconfig.toml"


@dataclass(frozen=True, slots=True)
class DeployedEnvironment:
    """One environment: `name` is for `sam --config-env`.

    `parameters` are as `sam deploy --parameter-overrides` takes them; one of them may have several.
    `region` and `profile` are empty where they are those of AWS's own settings.
    """

    name: str
    stack: str
    parameters: tuple[str, ...]
    region: str = ""
    profile: str = ""

    @property
    def variables(self) -> dict[str, str]:
        """Has boto3 and the AWS CLI work where `sam deploy` does, which reads samconfig.toml."""
        given = {
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_PROFILE": self.profile,
        }
        return {name: value for name, value in given.items() if value}


def deployed_environment(name: str, path: Path = SAMCONFIG) -> DeployedEnvironment:
    """Read one environment, as `sam deploy` does: what it has for `deploy` goes before `global`.

    Raises:
        ValueError: it has no section `deploy`, or no `stack_name`; the message says which has one.
    """
    config = tomllib.loads(path.read_text())
    known = [key for key, value in config.items() if isinstance(value, dict) and "deploy" in value]
    if name not in known:
        raise ValueError(f"{path.name} has no environment {name!r}, but {', '.join(known)}")
    given = config[name].get("global", {}).get("parameters", {})
    given |= config[name]["deploy"]["parameters"]
    if "stack_name" not in given:
        raise ValueError(f"{path.name} has no stack_name for the environment {name!r}")
    parameters = given.get("parameter_overrides", [])
    return DeployedEnvironment(
        name=name,
        stack=given["stack_name"],
        parameters=(parameters,) if isinstance(parameters, str) else tuple(parameters),
        region=given.get("region", ""),
        profile=given.get("profile", ""),
    )
