"""How a step's outputs were made, as one JSON object written after all of them."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from jobkit.child import Finished
from jobkit.logs import LOG
from jobkit.options import CommonOptions
from jobkit.s5cmd import S3Object
from seqstack.domain.cost.usage import Usage
from seqstack.tools.definition import ToolDefinition

SCHEMA_VERSION = 2


@dataclass(slots=True)
class ProvenanceRecord:
    """Collects the provenance of a job; `as_json` is its stored form.

    `step` is the job's, if it is another than its tool's.
    """

    tool: ToolDefinition
    options: CommonOptions
    environment: Mapping[str, str]
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    versions: dict[str, str] = field(default_factory=dict)
    inputs: list[dict[str, Any]] = field(default_factory=list)
    outputs: list[dict[str, Any]] = field(default_factory=list)
    commands: list[dict[str, Any]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    warnings: list[dict[str, str]] = field(default_factory=list)
    usage: Usage | None = None
    step: str = ""

    def add_warning(self, code: str, message: str) -> None:
        """Add a warning of something suspicious in the outputs."""
        LOG.info("WARNING %s: %s", code, message)
        self.warnings.append({"code": code, "message": message})

    def add_input(
        self,
        item: S3Object,
        *,
        checksum: str | Callable[[], str] | None = None,
        cached: bool = False,
        verified_by: str | None = None,
    ) -> None:
        """Add an object that was read.

        Args:
            item: from S3.
            checksum: recorded by the step that made it, or a function that waits for it, if any.
            cached: it was already on the host.
            verified_by: for reference data, how the content was verified: `VerifiedBy`.
        """
        known = {"checksum": checksum} if checksum else {}
        if verified_by:
            known["verifiedBy"] = verified_by
        self.inputs.append({**_identity(item), **known, "cached": cached})

    def add_output(self, item: S3Object, checksum: str) -> None:
        """Add an object that was written and verified; `checksum` is `sha256:…`."""
        self.outputs.append({**_identity(item), "checksum": checksum})

    def add_command(self, finished: Finished) -> None:
        """Add a program that succeeded."""
        self.commands.append(
            {
                "argv": list(finished.argv),
                "exitCode": finished.returncode,
                "seconds": round(finished.seconds, 3),
                "cpuSeconds": round(finished.cpu_seconds, 3),
                "peakRssBytes": finished.peak_rss_bytes,
            }
        )

    def as_json(self) -> dict[str, Any]:
        """The whole record; times in UTC, sizes in bytes, memory in GiB if the name says so."""
        finished_at = datetime.now(UTC)
        return {
            "schemaVersion": SCHEMA_VERSION,
            "step": self.step or self.tool.step,
            "tool": str(self.tool),
            "versions": self.versions,
            "sampleId": self.options.sample_id,
            "image": self.environment.get("SEQSTACK_IMAGE"),
            "job": {
                "id": self.environment.get("AWS_BATCH_JOB_ID"),
                "batchAttempt": int(self.environment.get("AWS_BATCH_JOB_ATTEMPT", "1")),
                "queue": self.environment.get("AWS_BATCH_JQ_NAME"),
                "computeEnvironment": self.environment.get("AWS_BATCH_CE_NAME"),
            },
            "threads": self.options.threads,
            "memoryGib": self.options.memory_gib,
            "cmdArgs": list(self.options.cmd_args),
            "startedAt": self.started_at.isoformat(timespec="milliseconds"),
            "finishedAt": finished_at.isoformat(timespec="milliseconds"),
            "seconds": {
                **{name: round(value, 3) for name, value in self.seconds.items()},
                "total": round((finished_at - self.started_at).total_seconds(), 3),
            },
            "peakRssBytes": max((row["peakRssBytes"] for row in self.commands), default=0),
            "usage": self.usage.as_document() if self.usage else None,
            "hostCpus": os.cpu_count(),
            "facts": self.facts,
            "warnings": self.warnings,
            "commands": self.commands,
            "inputs": [_settled(row) for row in self.inputs],
            "outputs": self.outputs,
        }


def _settled(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value() if callable(value) else value for name, value in row.items()}


def _identity(item: S3Object) -> dict[str, Any]:
    return {"uri": str(item.uri), "bytes": item.size, "etag": item.etag}
