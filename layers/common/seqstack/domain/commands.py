"""The arguments of each tool's container: the original workflow's options, as a list."""

from collections.abc import Iterable, Iterator

from seqstack.domain.checked_run import PlannedRun
from seqstack.domain.duration import tool_minutes
from seqstack.domain.reads.parts import PART_OPTION, PARTS_OPTION
from seqstack.domain.run_input import ToolSettings
from seqstack.domain.words import StepName, ToolName

MEMORY_OPTION = "--memory"
TIMEOUT_OPTION = "--timeout_minutes"
TIMED_TOOLS = ("isaac", "strelka")
"""Those that may hang, which their jobs stop."""
# of aligners (tools/roles.py)
_FASTQ_OPTIONS = frozenset({"--fastq1_s3_path", "--fastq2_s3_path"})


def container_arguments(
    run: PlannedRun,
    step: StepName,
    settings: ToolSettings,
    vcpus: int,
    memory_gib: int,
    access: Iterable[str] = (),
) -> list[str]:
    """The arguments of the job's container.

    `vcpus` and `memory_gib` are what the job requests from Batch; a container on EC2 sees the whole
    host and would otherwise use all of it. `access` are those of `BucketAccess`.
    """
    return [
        *settings.tool.definition.arguments(run, settings.reference_of(run)),
        *((PART_OPTION, str(settings.part)) if settings.part else ()),
        *((PARTS_OPTION, str(settings.parts)) if settings.parts else ()),
        *(("--sample_id", run.sample_id) if run.sample_id else ()),
        *("--provenance_s3_path", str(run.layout.provenance(step))),
        *("--threads", str(vcpus)),
        *(MEMORY_OPTION, str(memory_gib)),
        # one word with "=": the value may start with "-", which argparse would read as an option
        *([f"--cmd_args={settings.cmd_args}"] if settings.cmd_args else []),
        *("--working_dir", run.working_dir),
        *access,
    ]


def without_fastq(command: Iterable[str]) -> Iterator[str]:
    """The arguments of an aligner's job, without its FASTQ files."""
    option = ""
    for word in command:
        if word.startswith("--"):
            option = word
        if option not in _FASTQ_OPTIONS:
            yield word


def time_limit(tool: ToolName, timeout_seconds: int) -> tuple[str, ...]:
    """The time limit of a tool that may hang, from its job's timeout, which may be 0 for none."""
    return (TIMEOUT_OPTION, str(tool_minutes(timeout_seconds))) if tool in TIMED_TOOLS else ()
