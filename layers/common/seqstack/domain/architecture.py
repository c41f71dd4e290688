"""The processor architectures of hosts and of tools' programs."""

import re
from collections.abc import Iterable
from enum import StrEnum


class Architecture(StrEnum):
    """A processor architecture, named as EC2 does."""

    X86_64 = "x86_64"
    ARM64 = "arm64"


# A g behind the generation's number stands for Graviton; a1 was its first family.
# https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
_GRAVITON = re.compile(r"arm64|a1([.].*)?|[a-z][a-z-]*[0-9]+g[a-z-]*([.].*)?")


def architecture_of_hosts(instance_types: Iterable[str]) -> Architecture:
    """The architecture of a stack's hosts, by the values of its parameter InstanceTypes.

    These are families or types, or the word arm64; empty means x86_64. A compute environment has
    only one architecture, so the first value decides.
    """
    first = next(iter(instance_types), "").strip()
    return Architecture.ARM64 if _GRAVITON.fullmatch(first) else Architecture.X86_64
