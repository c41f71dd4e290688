"""The input of `tally`, checked by its schema."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from seqstack.workflows.tally import TALLY

from seqstack.domain.checked_document import CheckedDocument
from seqstack.domain.checked_run import RunContent
from seqstack.domain.inputs_read import ObjectRead
from seqstack.domain.results import ResultsFolder
from seqstack.domain.run_input import ToolSettings
from seqstack.domain.s3uri import S3Uri
from seqstack.workflows.definition import StepDefinition


@dataclass(frozen=True, slots=True)
class TallyFolder(ResultsFolder):
    place: S3Uri

    @property
    def root(self) -> S3Uri:
        return self.place


@dataclass(frozen=True, slots=True)
class TallyRun:
    subject: str
    reference: S3Uri
    results: S3Uri
    steps: tuple[StepDefinition, ...]
    tools: Mapping[str, ToolSettings]
    submitter: str
    project: str = ""
    sample_id: str = ""
    reference_name: str = ""
    finished: None = None
    working_dir: str = "/scratch"
    use_cache: bool = True
    fails_on_warnings: bool = False
    cohort_id: str = ""
    cohort_size: int = 0
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def layout(self) -> TallyFolder:
        return TallyFolder(self.results)

    @property
    def reads(self) -> tuple[S3Uri, ...]:
        return (self.reference,)


class CheckedTally(CheckedDocument):
    workflow = TALLY

    def objects_read(self) -> Iterator[ObjectRead]:
        if "textS3Path" in self.sound:
            yield ObjectRead("$.textS3Path", S3Uri.parse(self.sound["textS3Path"]))

    def as_run_input(self, _content: RunContent) -> TallyRun:
        title = self.sound["title"]
        return TallyRun(
            subject=title,
            reference=S3Uri.parse(self.sound["textS3Path"]),
            results=S3Uri(self.results_bucket, f"tallies/{title}/"),
            steps=tuple(map(TALLY.step, self.tools)),
            tools=self.tools,
            submitter=self.sound.get("submitter", "default"),
            project=self.sound.get("project", ""),
        )
