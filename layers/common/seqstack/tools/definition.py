"""The definition of a tool."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from seqstack.domain.architecture import Architecture
from seqstack.domain.option_grammar import Grammar
from seqstack.domain.reads.limits import ReadLimits
from seqstack.domain.s3uri import S3Uri

BIOCONDA, PYPI = "bioconda::", "pypi::"
"""Begin a package's name, if it is none of Debian's."""

MADE_BY_OPTION = "--made_by"
"""The option with the provenance of a job's inputs."""

type Arguments = Callable[[Any, S3Uri], list[str]]
"""Returns the entry point's own options, for the run (such as a `Sample`) and reference."""
type Inputs = Callable[[Any, S3Uri], tuple[S3Uri, ...]]
"""Returns every object that the tool reads from S3; a folder means all objects in it."""
type OutputsOf = Callable[[Any], tuple["Output", ...]]
"""Returns the outputs that a tool writes for some runs only."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program that a tool's jobs run.

    Attributes:
        name: in provenance.
        package: the Debian package that has it, or another one, as `bioconda::strelka` or
            `pypi::multiqc`.
        executable: its name on PATH, or its path; by default the program's name.
        version_command: a command that prints its version; empty for a program without one.
        version_pattern: the regular expression whose first group is the version.
        version_file: a file of its package with the version, for a program that takes a second to
            start: in its jar, or a pattern from the executable's folder. `version_command` is used
            where there is none.
        version_line: begins the line of that file whose rest is the version.
    """

    name: str
    package: str
    executable: str = ""
    version_command: tuple[str, ...] = ()
    version_pattern: str = ""
    version_file: str = ""
    version_line: str = ""

    @property
    def file(self) -> str:
        """The executable's name on PATH, or its path."""
        return self.executable or self.name


@dataclass(frozen=True, slots=True)
class ReferenceIndex:
    """The index files that a tool needs beside a FASTA, and the command that makes them.

    Attributes:
        suffixes: of each file's name, after the FASTA's.
        command: makes them all; `{fasta}` in it is the FASTA's path.
    """

    suffixes: tuple[str, ...]
    command: tuple[str, ...]

    def command_for(self, fasta: str) -> list[str]:
        """The command that indexes `fasta`."""
        return [word.format(fasta=fasta) for word in self.command]


FAIDX = ReferenceIndex((".fai",), ("samtools", "faidx", "{fasta}"))
"""The index that every tool with a FASTA needs."""


@dataclass(frozen=True, slots=True)
class OwnReference:
    """A reference in the tool's own form, in a folder that its block may name.

    Attributes:
        folder: its default, relative to the FASTA's folder.
        required: the object that must be in it, beside the FASTA.
        program: makes it.
        command: how; `{fasta}` in it is the FASTA's path, `{folder}` the folder's.
        hint: what to do if it is absent.
    """

    folder: str
    required: str
    program: Program
    command: tuple[str, ...]
    hint: str

    def command_for(self, fasta: str, folder: str) -> list[str]:
        """The command that makes the reference of `fasta` in `folder`."""
        return [word.format(fasta=fasta, folder=folder) for word in self.command]


@dataclass(frozen=True, slots=True)
class Output:
    """An object that a step writes.

    Attributes:
        path: its key, relative to the folder of the run's results. One that ends in `/` is a folder
            with any number of objects, which the provenance lists.
        is_intermediate: True for one that only later steps need, which may expire after the run.
    """

    path: str
    is_intermediate: bool = False


def _no_outputs(_run: Any) -> tuple[Output, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool: its inputs, options and resources.

    Attributes:
        name: its block in a run's input.
        folder: its folder in `containers/`, its image and its job definition.
        step: the name of the step that it fills.
        arguments: its entry point's own options.
        inputs: the objects that it reads.
        options: those allowed in a run's `cmdArgs`.
        programs: those that its jobs run.
        scratch_per_byte: its maximum use of scratch for each byte of the sample that it reads
            (gzipped FASTQ, BAM or VCF), with a margin.
        vcpu_hours_per_gib: its time for each GiB of the sample that it reads, in hours of one vCPU;
            an estimate for a human genome, 0 for none.
        memory_limit_gib: the limit for doubling its jobs' memory, in GiB; more would not help with
            a human genome.
        indexes: the files that it needs beside the reference's FASTA.
        own_reference: its own form of reference, if it has one.
        reads: its limits for reads; only aligners have limits.
        more_outputs: outputs besides those that all tools of its step write.
        optional_outputs: outputs that it writes only for runs that ask for them.
    """

    name: str
    folder: str
    step: str
    arguments: Arguments
    inputs: Inputs
    options: Grammar
    programs: tuple[Program, ...]
    scratch_per_byte: float
    memory_limit_gib: int
    vcpu_hours_per_gib: float = 0
    indexes: tuple[ReferenceIndex, ...] = field(default=())
    own_reference: OwnReference | None = None
    reads: ReadLimits = field(default=ReadLimits())
    more_outputs: tuple[Output, ...] = ()
    optional_outputs: OutputsOf = _no_outputs

    @property
    def architectures(self) -> tuple[Architecture, ...]:
        """Those that its programs exist for: bioconda has them for x86-64 only, others for both."""
        if any(program.package.startswith(BIOCONDA) for program in self.programs):
            return (Architecture.X86_64,)
        return tuple(Architecture)

    @property
    def index_suffixes(self) -> tuple[str, ...]:
        """The suffixes of all index files beside the FASTA."""
        return tuple(suffix for index in self.indexes for suffix in index.suffixes)

    def __str__(self) -> str:
        return self.name
