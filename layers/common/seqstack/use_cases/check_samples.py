"""Check the samples of a sheet, as `validate_run` checks one, and what they share only once."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from itertools import batched
from typing import Any

from seqstack.domain.bucket_access import BucketAccess
from seqstack.domain.checked_input import CheckedInput
from seqstack.domain.checked_run import RunContent
from seqstack.domain.cohort_plan import run_document
from seqstack.domain.errors import InvalidInputError, Problem
from seqstack.domain.inputs_read import READS_KEYS, ObjectRead
from seqstack.domain.objects_found import ObjectsFound
from seqstack.domain.plan import JobDefinition, StackDefaults, plan_steps
from seqstack.domain.reads.fastq_file import FileBlocks
from seqstack.domain.reads.parts import whole_name
from seqstack.domain.reference.layout import REFERENCES
from seqstack.domain.run_input import requester_pays
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample_sheet import SheetProblem, SheetSample
from seqstack.domain.step_warnings import StepWarning
from seqstack.domain.words import StepName, ToolName
from seqstack.use_cases.look_at_alignments import look_at_alignments
from seqstack.use_cases.look_at_reads import look_at_reads
from seqstack.use_cases.look_at_reference import look_at_reference, unused_data
from seqstack.use_cases.ports import BatchService, FindObjects, ImageDigest, ReadBlocks, ReadStart
from seqstack.use_cases.validate_run import (
    gates_of,
    look_at_tools,
    unreachable_buckets,
    unreadable_objects,
    unwanted_warnings,
)

_READS = re.compile(rf"\$\.(?:{'|'.join(READS_KEYS)})(?:\[([0-9]+)\])?")
_OWN = re.compile(r"\$\.(?:sampleId|tags\b.*)|" + _READS.pattern)
# samples whose reads are looked at together, some 40 MB of blocks
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class SampleServices:
    """What the check needs of AWS."""

    defaults: StackDefaults
    batch: BatchService
    find_objects: FindObjects
    read_start: ReadStart
    read_blocks: ReadBlocks
    image_digest: ImageDigest


@dataclass(frozen=True, slots=True)
class CheckedSample:
    """A sample of the sheet whose run can start.

    `reads` are the identities of its reads' content, in their order.
    """

    sample: SheetSample
    input_bytes: int
    reads: tuple[str, ...]
    warnings: tuple[StepWarning, ...]


@dataclass(frozen=True, slots=True)
class SamplesCheck:
    """The samples, their tools, and what is wrong with what they share and with the lines.

    `shared_since` is when the last of the objects that all samples read was written; "" if a
    prepared reference has all of them, because its version never changes.
    """

    samples: tuple[CheckedSample, ...]
    shared_since: str
    tools: Mapping[StepName, ToolName]
    shared_problems: tuple[Problem, ...]
    line_problems: tuple[SheetProblem, ...]


def check_samples(
    samples: Iterable[SheetSample],
    folder: S3Uri,
    shared: Mapping[str, Any],
    cohort: tuple[str, int],
    results_bucket: str,
    services: SampleServices,
) -> SamplesCheck:
    """Check every sample with the keys `shared`, whose reference is given by its paths.

    `cohort` is the cohort's id, and the number of its samples.
    """
    every = [
        _Run(sample, CheckedInput.of(document, results_bucket))
        for sample in samples
        for document in [run_document(sample, folder, shared, cohort)]
    ]
    if not every:
        return SamplesCheck((), "", {}, (), ())
    probe = every[0].checked
    about_all = list(dict.fromkeys(item for run in every for item in run.shared))
    common = services.find_objects(item.uri for item in about_all)
    gates = gates_of(probe, services.defaults)
    ready = look_at_tools(probe.tools, services.defaults, services.batch, services.image_digest)
    shared_problems = [
        *(each for each in probe.problems if not _OWN.fullmatch(each.path)),
        *unreadable_objects(about_all, common),
        *unreachable_buckets(about_all, common, services.defaults),
        *look_at_reference(probe, common, services.read_start, gates),
        *unwanted_warnings(probe, unused_data(probe, common)),
        *(gates.problems if gates else ()),
        *ready.problems,
    ]
    known = {step: found for step, found in ready.definitions.items() if found}
    definitions = {} if shared_problems else known
    said = frozenset(probe.problems)
    checked: list[CheckedSample] = []
    problems: list[SheetProblem] = []
    seen: dict[str, tuple[S3Uri, int]] = {}
    for some in batched(every, _AT_ONCE, strict=False):
        for run, found, blocks in _looked_up(some, services):
            together = _together(common, found)
            sample, wrong = _check(run, together, blocks, services, said, definitions)
            problems += wrong
            problems += _known_content(run, found, seen)
            checked.append(sample)
    where = [Problem(f"$.run{each.path[1:]}", each.message) for each in shared_problems]
    tools = {step: settings.tool for step, settings in probe.tools.items()}
    prepared = str(S3Uri(results_bucket, REFERENCES))
    own = [time for uri, time in common.modified.items() if not str(uri).startswith(prepared)]
    since = max(own, default="")
    return SamplesCheck(tuple(checked), since, tools, tuple(where), tuple(problems))


@dataclass(frozen=True, slots=True)
class _Run:
    sample: SheetSample
    checked: CheckedInput

    @property
    def reads(self) -> list[ObjectRead]:
        """The objects that the sheet names for the sample."""
        return [item for item in self.checked.objects_read() if _READS.fullmatch(item.path)]

    @property
    def shared(self) -> list[ObjectRead]:
        """The other objects that it reads. A sample of FASTQ files does not read all of them."""
        return [item for item in self.checked.objects_read() if not _READS.fullmatch(item.path)]

    def at(self, problem: Problem) -> SheetProblem:
        """A problem of the run's input, by the line of the sheet that it comes from."""
        found = _READS.fullmatch(problem.path)
        row = self.sample.rows[int(found[1] or 0) if found else 0]
        key = problem.path[2:] if _OWN.fullmatch(problem.path) else f"run.{problem.path[2:]}"
        return SheetProblem(row.line, problem.message if found else f"{key}: {problem.message}")


type _Blocks = Callable[[Mapping[S3Uri, int]], Mapping[S3Uri, FileBlocks | str]]


def _looked_up(
    runs: Iterable[_Run], services: SampleServices
) -> Iterator[tuple[_Run, ObjectsFound, _Blocks]]:
    """Ask S3 for the reads of some samples at once: their heads, and their blocks."""
    some = list(runs)
    found = services.find_objects(item.uri for run in some for item in run.reads)
    blocks = services.read_blocks(found.sizes)

    def known(sizes: Mapping[S3Uri, int]) -> Mapping[S3Uri, FileBlocks | str]:
        return {uri: blocks[uri] for uri in sizes}

    for run in some:
        yield run, found, known


def _together(common: ObjectsFound, found: ObjectsFound) -> ObjectsFound:
    return ObjectsFound(
        {**common.sizes, **found.sizes},
        {**common.wrong, **found.wrong},
        {**common.etags, **found.etags},
        {**common.regions, **found.regions},
    )


def _check(
    run: _Run,
    found: ObjectsFound,
    blocks: _Blocks,
    services: SampleServices,
    said: Set[Problem],
    definitions: Mapping[StepName, JobDefinition],
) -> tuple[CheckedSample, list[SheetProblem]]:
    """Check one sample. Problems of shared keys that are `said` of all samples are left out.

    Its steps are planned, too, if there are `definitions` of their jobs.
    """
    wanted = run.reads
    tools = [settings.tool for settings in run.checked.tools.values()]
    look = look_at_reads(wanted, found, tools, blocks)
    alignments = look_at_alignments(run.checked, found, blocks, services.read_start)
    warnings = (*look.warnings, *alignments.warnings)
    problems = [
        *(each for each in run.checked.problems if _OWN.fullmatch(each.path) or each not in said),
        *unreadable_objects(wanted, found),
        *unreachable_buckets(wanted, found, services.defaults),
        *look.problems,
        *alignments.problems,
        *unwanted_warnings(run.checked, warnings),
    ]
    if definitions and not problems:
        sizes = {**found.sizes, **alignments.sizes}
        problems += _beyond_limits(run, replace(found, sizes=sizes), services.defaults, definitions)
    identities = found.identities
    uris = [item.uri for item in wanted if item.uri in found.sizes]
    sample = CheckedSample(
        run.sample,
        sum(found.sizes[uri] for uri in uris),
        tuple(identities[uri] for uri in uris),
        warnings,
    )
    return sample, [run.at(problem) for problem in problems]


def _beyond_limits(
    run: _Run,
    found: ObjectsFound,
    defaults: StackDefaults,
    definitions: Mapping[StepName, JobDefinition],
) -> tuple[Problem, ...]:
    """What a sound input asks of its jobs and none can have: so many arguments, or scratch."""
    content = RunContent(found.identities, sizes=found.sizes, regions=found.regions)
    run_input = run.checked.as_run_input(content)
    of_steps = {step.name: definitions[whole_name(step.name)] for step in run_input.steps}
    access = BucketAccess(found.regions, requester_pays(run.checked.sound))
    try:
        plan_steps(run_input, defaults, of_steps, found.sizes, access)
    except InvalidInputError as error:
        return error.problems
    return ()


def _known_content(
    run: _Run, found: ObjectsFound, seen: dict[str, tuple[S3Uri, int]]
) -> Iterator[SheetProblem]:
    """Yield files with the same content as a file of an earlier sample."""
    identities = found.identities
    for item in run.reads:
        line = run.at(Problem(item.path, "")).line
        identity = identities.get(item.uri, str(item.uri))
        other, first = seen.setdefault(identity, (item.uri, line))
        is_other_sample = first not in {row.line for row in run.sample.rows}
        if other != item.uri and is_other_sample:
            yield SheetProblem(line, f"{item.uri} has the same content as {other} in line {first}")
