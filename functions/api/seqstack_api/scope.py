"""The runs that a caller may access, where the stack confines callers to projects.

docs/decisions/0026-who-may-see-what.md
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from seqstack.domain.errors import Problem
from seqstack.domain.request_errors import AllProjectsOnlyError
from seqstack.domain.s3uri import S3Uri

ALL_PROJECTS = "@all"
"""In place of projects' names, every run. A project's name can't begin so."""

# as in input.schema.json, but without the "/" that would put one project's folder into another's
_PROJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:=+@-]{0,63}")
_UPLOADS = "inputs/"


@dataclass(frozen=True, slots=True)
class Scope:
    """The runs of `projects`; if None, all runs, also those without a project."""

    projects: frozenset[str] | None = None

    @classmethod
    def named_in(cls, text: str) -> Self:
        """Read the value of a tag or claim: names separated by blanks.

        API Gateway passes on a claim that is a list as `[a b]`. Texts that are not valid names of
        projects are ignored.
        """
        words = text.removeprefix("[").removesuffix("]").split()
        if ALL_PROJECTS in words:
            return cls()
        return cls(frozenset(word for word in words if _PROJECT.fullmatch(word)))

    @property
    def is_empty(self) -> bool:
        """True if it can contain no run."""
        return self.projects == frozenset()

    def has(self, project: object) -> bool:
        """Whether it contains runs of this project.

        Runs without a project are only in the scope of all runs.
        """
        return self.projects is None or (isinstance(project, str) and project in self.projects)

    def require_all(self, what: str) -> None:
        """Refuse to do what concerns every project.

        Raises:
            AllProjectsOnlyError: the caller is confined to some projects.
        """
        if self.projects is not None:
            raise AllProjectsOnlyError(
                f"you may not {what}: all projects use it, and you have access to "
                f"{', '.join(sorted(self.projects))} only; ask a caller with {ALL_PROJECTS}"
            )

    def completed(self, document: object, results_bucket: str) -> object:
        """The input with the caller's defaults: the only project, the project's folder."""
        if self.projects is None or not isinstance(document, Mapping):
            return document
        only = {"project": next(iter(self.projects))} if len(self.projects) == 1 else {}
        document = {**only, **document}
        if self.has(document.get("project")):
            folder = _folder(results_bucket, document["project"])
            document = {"resultsS3Path": str(folder), **document}
        return document

    def problems(self, document: Mapping[str, Any], results_bucket: str) -> Iterator[Problem]:
        """Yield why the caller may not run this valid input."""
        if self.projects is None:
            return
        project = document.get("project")
        if not self.has(project):
            yield Problem("$.project", f"must be one of yours: {', '.join(sorted(self.projects))}")
            return
        folder = _folder(results_bucket, str(project))
        results = S3Uri.parse(str(document.get("resultsS3Path", f"s3://{results_bucket}/results")))
        if not folder.covers(results.as_folder()):
            yield Problem("$.resultsS3Path", f"must lie in the project's folder, {folder}")
        uploads = S3Uri(results_bucket, _UPLOADS)
        read = {key: document[key] for key in document.keys() - {"resultsS3Path", "tags"}}
        for path, uri in _objects("$", read):
            is_ours = uri.bucket == results_bucket
            if is_ours and not (folder.covers(uri) or uploads.covers(uri)):
                yield Problem(
                    path, f"must lie below {uploads} or {folder}, or in another bucket: {uri}"
                )


def _folder(results_bucket: str, project: str) -> S3Uri:
    return S3Uri(results_bucket, f"projects/{project}/")


def _objects(path: str, node: object) -> Iterator[tuple[str, S3Uri]]:
    """Every S3 URI in a part of an input, and its path."""
    match node:
        case Mapping():
            for key, value in node.items():
                yield from _objects(f"{path}.{key}", value)
        case list():
            for number, value in enumerate(node):
                yield from _objects(f"{path}[{number}]", value)
        case str() if node.startswith("s3://"):
            yield path, S3Uri.parse(node)
