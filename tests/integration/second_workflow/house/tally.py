"""`tally`: counts the words of a text, and ranks them if it is asked to. It is of no sample."""

from seqstack.tools.registry import Tool
from seqstack.workflows.definition import Output, Queue, StepDefinition, WorkflowDefinition

TALLY = WorkflowDefinition(
    name="tally",
    schema="tally.schema.json",
    steps=(
        StepDefinition(
            "count",
            outputs=(Output("counts.tsv", is_intermediate=True),),
            queue=Queue.HIGH_PRIORITY,
            read_per_input_byte=1.0,
            default_tool=Tool.COUNTER,
        ),
        StepDefinition(
            "rank",
            outputs=(Output("ranks.tsv"),),
            queue=Queue.LOW_PRIORITY,
            read_per_input_byte=0.1,
            after=("count",),
        ),
    ),
)
