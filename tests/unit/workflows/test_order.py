"""A run's steps go as a first one, branches side by side, and what needs several branches."""

from seqstack.workflows.definition import Queue, StepDefinition, WorkflowDefinition
from seqstack.workflows.order import StepOrder, order_of_steps
from seqstack.workflows.registry import WORKFLOWS


def workflow(**after: tuple[str, ...]) -> WorkflowDefinition:
    steps = (
        StepDefinition(name, (), Queue.LOW_PRIORITY, 1.0, each) for name, each in after.items()
    )
    return WorkflowDefinition("example", "input.schema.json", tuple(steps))


EXAMPLE = workflow(
    align=(),
    call=("align",),
    stats=("align",),
    annotate=("call",),
    count=("call", "align"),
    summary=("annotate", "stats"),
    publish=("summary",),
)


def test_steps_after_one_branch_follow_it_and_those_after_several_come_last() -> None:
    assert order_of_steps(EXAMPLE, EXAMPLE.step_names) == StepOrder(
        first=("align",),
        branches=(("call", "annotate", "count"), ("stats",)),
        last=("summary", "publish"),
    )


def test_step_that_the_run_does_not_have_holds_nothing_up() -> None:
    without = [name for name in EXAMPLE.step_names if name != "stats"]

    assert order_of_steps(EXAMPLE, without) == StepOrder(
        first=("align",),
        branches=(("call", "annotate", "count", "summary", "publish"),),
        last=(),
    )


def test_steps_that_wait_for_nothing_of_each_other_run_side_by_side() -> None:
    joint = WORKFLOWS["joint_calling"]

    order = order_of_steps(joint, joint.step_names)

    assert order.stages == [[["mergeGvcfs", "annotate", "tabulateVariants"], ["aggregateQc"]]]
    assert order_of_steps(joint, [name for name in joint.step_names if name != "aggregateQc"]) == (
        StepOrder(("mergeGvcfs",), (("annotate", "tabulateVariants"),), ())
    )


def test_run_without_steps_has_nothing_to_order() -> None:
    assert order_of_steps(WORKFLOWS["prepare_reference"], ()) == StepOrder((), (), ())


def test_reference_is_checked_before_indexes_are_made_side_by_side() -> None:
    order = order_of_steps(
        WORKFLOWS["prepare_reference"], ("checkReference", "indexBwa", "buildDatabase")
    )

    assert order == StepOrder(("checkReference",), (("indexBwa",), ("buildDatabase",)), ())
