"""The cache key of a step: equal for two steps with the same results."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from seqstack.domain.bucket_access import BUCKET_REGION_OPTION, REQUEST_PAYER_OPTION
from seqstack.domain.manifest import StoredObject
from seqstack.domain.plan import StepPlan
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import ToolName

# Increase this when the meaning of keys changes, so that older keys no longer match.
KEY_VERSION = 3
# Options that affect a job's speed or place, but not its results. Each takes one value.
_WITHOUT_EFFECT = frozenset(
    {"--threads", "--memory", "--working_dir", BUCKET_REGION_OPTION, REQUEST_PAYER_OPTION}
)


def cache_key(
    tool: ToolName, image: str, command: Sequence[str], inputs: Iterable[StoredObject]
) -> str:
    """SHA-256, in hex, over everything that a step's results depend on.

    `command` is the container's arguments. Its URIs are part of the key, because outputs stay in
    their folder and names of inputs are written to the headers of BAM and VCF. Each input adds the
    identity of its content, in any order. `image` is the image's digest, or its name if the digest
    is unknown.
    """
    document = {
        "version": KEY_VERSION,
        "tool": tool,
        "image": image,
        "command": list(_effective(command)),
        "inputs": sorted([str(item.uri), item.identity] for item in inputs),
    }
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def step_key(plan: StepPlan, found: Mapping[S3Uri, StoredObject]) -> str | None:
    """The cache key of a planned step, from the objects found for its inputs.

    None if an input is missing: the step's job will report it.
    """
    if not all(any(wanted.covers(uri) for uri in found) for wanted in plan.inputs):
        return None
    image = plan.image_digest or plan.image
    return cache_key(plan.tool, image, plan.command, found.values())


def work_key(plans: Iterable[StepPlan], inputs: Mapping[S3Uri, str]) -> str:
    """SHA-256, in hex, over everything that a run's results depend on; empty if it does not reuse
    results.

    `inputs` are the identities of the run's input objects.
    """
    steps = [
        [plan.tool, plan.image_digest or plan.image, list(_effective(plan.command))]
        for plan in plans
        if plan.use_cache
    ]
    if not steps:
        return ""
    objects = sorted([str(uri), identity] for uri, identity in inputs.items())
    canonical = json.dumps([KEY_VERSION, steps, objects], separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _effective(command: Sequence[str]) -> Iterator[str]:
    words = iter(command)
    for word in words:
        if word in _WITHOUT_EFFECT:
            next(words, None)
        else:
            yield word
