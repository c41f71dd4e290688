"""The name of a container image, and its registry."""

import re
from dataclasses import dataclass
from typing import Self

# https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
_ECR = re.compile(r"([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?")


@dataclass(frozen=True, slots=True)
class ContainerImage:
    """`registry/repository:tag@digest`; missing parts are empty."""

    registry: str
    repository: str
    tag: str
    digest: str

    @classmethod
    def parse(cls, name: str) -> Self:
        """Read a name such as `123456789012.dkr.ecr.us-east-1.amazonaws.com/seqstack-dev/bwa:1`."""
        rest, _, digest = name.partition("@")
        folder, slash, last = rest.rpartition("/")
        last, _, tag = last.partition(":")
        registry, _, path = f"{folder}{slash}{last}".partition("/")
        if not path or not re.search(r"[.:]|^localhost$", registry):
            registry, path = "", f"{folder}{slash}{last}"
        return cls(registry, path, tag, digest)

    @property
    def ecr_account(self) -> str:
        """The account whose ECR has the image; empty for another registry."""
        found = _ECR.fullmatch(self.registry)
        return found[1] if found else ""

    @property
    def ecr_region(self) -> str:
        """The region of that ECR; empty for another registry."""
        found = _ECR.fullmatch(self.registry)
        return found[2] if found else ""

    def at(self, digest: str) -> str:
        """The image by its digest, which does not change if the tag moves."""
        return "/".join(filter(None, (self.registry, self.repository))) + f"@{digest}"
