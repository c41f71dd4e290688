"""`AWS::Include`: a part of the template in a separate file.

`sam package` uploads the file, and CloudFormation replaces the transform with its keys:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/transform-aws-include.html. moto
5.2.5 leaves the transform in the template.
"""

from pathlib import Path
from typing import Any, ClassVar

import yaml

_TRANSFORM = "Fn::Transform"


class _PlainLoader(yaml.SafeLoader):
    """Reads only YAML's own tags; SAM's parser adds its short forms to `SafeLoader` itself."""

    yaml_multi_constructors: ClassVar[dict[str | None, Any]] = {}


class IncludeError(ValueError):
    """An included file that CloudFormation would refuse; the message names it."""


def include_files(node: Any, root: Path) -> Any:
    """Return `node` with every `AWS::Include` replaced by its file's keys, found from `root`.

    Raises FileNotFoundError for a file that is missing, IncludeError for one that is not a JSON or
    YAML object, or uses a short form such as `!Sub`, which CloudFormation does not read there.
    """
    if isinstance(node, list):
        return [include_files(item, root) for item in node]
    if not isinstance(node, dict):
        return node
    own = {key: include_files(value, root) for key, value in node.items() if key != _TRANSFORM}
    transform = node.get(_TRANSFORM)
    if transform is None:
        return own
    if transform["Name"] != "AWS::Include":
        return {**own, _TRANSFORM: transform}
    return {**own, **_snippet(root / transform["Parameters"]["Location"])}


def _snippet(path: Path) -> dict[str, Any]:
    try:
        content = yaml.load(path.read_text(), _PlainLoader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise IncludeError(f"{path}: {error}") from error
    if not isinstance(content, dict):
        raise IncludeError(f"{path}: an included file must be a mapping")
    return content
