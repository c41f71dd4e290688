"""Read a job's provenance."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from seqstack.domain.manifest import StoredObject
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.step_warnings import StepWarning, parse_warnings


@dataclass(frozen=True, slots=True)
class Provenance:
    """The part of `provenance/<step>.json` that call caching and the ledger rely on.

    The container writes it last, so if it exists, the outputs are complete. `versions` are those of
    the programs that it ran.
    """

    job_id: str
    inputs: tuple[StoredObject, ...]
    outputs: tuple[StoredObject, ...]
    versions: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[StepWarning, ...] = ()

    @classmethod
    def parse(cls, text: str | bytes) -> Self:
        """Read the JSON of `containers/jobkit/provenance.py`.

        Raises:
            ValueError: it is not such JSON.
        """
        try:
            record = json.loads(text)
            return cls(
                str(record["job"]["id"]),
                _objects(record["inputs"]),
                _objects(record["outputs"]),
                {str(name): str(version) for name, version in record["versions"].items()},
                parse_warnings(record.get("warnings", ())),  # older images write none
            )
        except (AttributeError, KeyError, OverflowError, RecursionError, TypeError) as error:
            raise ValueError(f"no provenance of a job: {error!r}") from error


def _objects(rows: Iterable[Mapping[str, Any]]) -> tuple[StoredObject, ...]:
    return tuple(
        StoredObject(S3Uri.parse(row["uri"]), int(row["bytes"]), str(row["etag"])) for row in rows
    )
