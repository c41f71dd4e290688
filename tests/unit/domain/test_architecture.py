"""The architecture of hosts, by what the parameter InstanceTypes has."""

import pytest
from moto.ec2.models.instance_types import INSTANCE_TYPES

from scripts.image_contents import ROOT, platforms
from seqstack.domain.architecture import Architecture, architecture_of_hosts
from seqstack.tools.registry import Tool


def test_every_instance_type_has_the_architecture_that_ec2_says() -> None:
    shapes = {
        name: shape["ProcessorInfo"]["SupportedArchitectures"]
        for name, shape in INSTANCE_TYPES.items()
        if "mac" not in name
    }
    wrong = {
        name
        for name, supported in shapes.items()
        if architecture_of_hosts([name]) not in supported
        or architecture_of_hosts([name.partition(".")[0], "c6id"]) not in supported
    }

    assert wrong == set()


@pytest.mark.parametrize(
    ("types", "expected"), [([""], "x86_64"), (["arm64"], "arm64"), ([], "x86_64")]
)
def test_words_of_the_parameter_have_an_architecture(types: list[str], expected: str) -> None:
    assert architecture_of_hosts(types) == expected


@pytest.mark.parametrize("tool", Tool)
def test_tool_has_images_for_the_architectures_of_its_programs(tool: Tool) -> None:
    wanted = {"PLATFORMS": "linux/amd64,linux/arm64"}
    names = {"linux/amd64": Architecture.X86_64, "linux/arm64": Architecture.ARM64}
    built = platforms(ROOT, tool.definition.folder, wanted)

    assert tuple(names[each] for each in built) == tool.definition.architectures
