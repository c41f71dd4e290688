"""Prepared references in memory."""

from seqstack.domain.reference.manifest import ReferenceManifest
from seqstack.domain.reference.named import ReferenceName


class FakeReferences:
    """Prepared references, the newest of each name last."""

    def __init__(self, *manifests: ReferenceManifest) -> None:
        self.manifests = list(manifests)

    def names(self) -> list[ReferenceName]:
        return [ReferenceName(name) for name in dict.fromkeys(each.name for each in self.manifests)]

    def versions(self, name: str) -> list[ReferenceName]:
        found = [ReferenceName(name, each.version) for each in self.manifests if each.name == name]
        return found[::-1]

    def find(self, named: ReferenceName) -> ReferenceManifest | None:
        version = named.version or next((v.version for v in self.versions(named.name)), "")
        found = (m for m in self.manifests if (m.name, m.version) == (named.name, version))
        return next(found, None)

    def delete(self, named: ReferenceName) -> int:
        before = len(self.manifests)
        self.manifests = [
            m for m in self.manifests if (m.name, m.version) != (named.name, named.version)
        ]
        return before - len(self.manifests)
