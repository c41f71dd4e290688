"""What the system must know of a tool: one value for each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from seqstack.domain.option_grammar import Grammar
from seqstack.domain.reads.limits import ReadLimits
from seqstack.domain.s3uri import S3Uri

MADE_BY_OPTION = "--made_by"
"""The option by which a job is told what has made its inputs."""

type Arguments = Callable[[Any, S3Uri], list[str]]
"""The entry point's own options, for what the run is of (such as a `Sample`) and the tool's
reference."""
type Inputs = Callable[[Any, S3Uri], tuple[S3Uri, ...]]
"""Every object that the tool reads from S3; a folder stands for every object in it."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program that a tool's jobs run.

    Attributes:
        name: as provenance knows it.
        package: the Debian package that has it, or one of bioconda's, as `bioconda::strelka`.
        executable: its name on PATH, or its path; the program's name unless given.
        version_command: a command that prints its version; empty for a program without one.
        version_pattern: the regular expression whose first group is the version.
    """

    name: str
    package: str
    executable: str = ""
    version_command: tuple[str, ...] = ()
    version_pattern: str = ""

    @property
    def file(self) -> str:
        """What must be on PATH, or a path that must be there."""
        return self.executable or self.name


@dataclass(frozen=True, slots=True)
class ReferenceIndex:
    """The files that a tool needs beside a FASTA, and the command that makes them.

    Attributes:
        suffixes: what each file's name adds to the FASTA's.
        command: makes them all; `{fasta}` in it is the FASTA's path.
    """

    suffixes: tuple[str, ...]
    command: tuple[str, ...]

    def command_for(self, fasta: str) -> list[str]:
        """The command that indexes `fasta`."""
        return [word.format(fasta=fasta) for word in self.command]


FAIDX = ReferenceIndex((".fai",), ("samtools", "faidx", "{fasta}"))
"""The index that every tool with a FASTA takes."""


@dataclass(frozen=True, slots=True)
class OwnReference:
    """A reference in a form of the tool's own, in a folder that its block may name.

    Attributes:
        folder: where it lies unless the block says so, relative to the FASTA's folder.
        required: the object that must be in it, beside the FASTA.
        program: makes it.
        command: how; `{fasta}` in it is the FASTA's path, `{folder}` the folder's.
        hint: what to do where it is absent.
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
        path: its key, relative to the folder of the run's results.
        is_intermediate: True for one that only later steps need, which may expire after the run.
    """

    path: str
    is_intermediate: bool = False


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool: what it reads, takes and needs.

    Attributes:
        name: its block in a run's input.
        folder: its folder in `containers/`, its image and its job definition.
        step: the name of the step that it fills.
        arguments: its entry point's own options.
        inputs: what it reads.
        options: what a run's `cmdArgs` may say.
        programs: what its jobs run.
        scratch_per_byte: its largest use of scratch for each byte of the sample that it reads
            (gzipped FASTQ, BAM or VCF), with room to spare.
        memory_limit_gib: GiB that its jobs may come to by doubling; one more doubling would not
            help on a human genome.
        indexes: what must lie beside the reference's FASTA.
        own_reference: the form of reference that only it takes, if it has one.
        reads: what it takes of reads; only aligners have limits.
        more_outputs: what it writes besides what every tool of its step writes.
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
    indexes: tuple[ReferenceIndex, ...] = field(default=())
    own_reference: OwnReference | None = None
    reads: ReadLimits = field(default=ReadLimits())
    more_outputs: tuple[Output, ...] = ()

    @property
    def index_suffixes(self) -> tuple[str, ...]:
        """What must lie beside the FASTA, as endings of names."""
        return tuple(suffix for index in self.indexes for suffix in index.suffixes)

    def __str__(self) -> str:
        return self.name
