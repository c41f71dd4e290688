"""The tools of the workflow `tally`."""

from seqstack.domain.option_grammar import Grammar
from seqstack.domain.words import StepName
from seqstack.tools.definition import Program, ToolDefinition


def _tool(name: str, step: StepName, reads: str, writes: str) -> ToolDefinition:
    def place(run, key):
        return run.layout.root / key if key else run.reference

    return ToolDefinition(
        name=name,
        folder=name,
        step=step,
        arguments=lambda run, _: ["--in", str(place(run, reads)), "--out", str(place(run, writes))],
        inputs=lambda run, _: (place(run, reads),),
        options=Grammar(name, {}),
        programs=(Program(name, name),),
        scratch_per_byte=1.0,
        memory_limit_gib=8,
    )


COUNTER = _tool("counter", "count", "", "counts.tsv")
RANKER = _tool("ranker", "rank", "counts.tsv", "ranks.tsv")
