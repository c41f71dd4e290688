from seqstack.domain.errors import InvalidInputError, Problem


def test_invalid_input_lists_its_problems_by_path() -> None:
    error = InvalidInputError([Problem("$.sampleId", "is missing"), Problem("$.bwa", "is odd")])

    assert str(error) == "2 problems in the input\n$.bwa: is odd\n$.sampleId: is missing"


def test_invalid_input_of_one_problem_counts_one() -> None:
    assert str(InvalidInputError([Problem("$", "is odd")])) == "1 problem in the input\n$: is odd"


def test_invalid_input_says_each_problem_once() -> None:
    assert len(InvalidInputError([Problem("$", "is odd"), Problem("$", "is odd")]).problems) == 1


def test_invalid_input_of_very_many_problems_fits_a_cause_of_step_functions() -> None:
    many = [Problem(f"$.fastq1S3Path[{lane}]", "x" * 1000) for lane in range(64)]
    error = InvalidInputError(many)

    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html
    assert len(str(error)) < 32_768 / 1.5  # room for the JSON that Lambda wraps around it
    assert str(error).startswith("64 problems in the input\n")
    assert str(error).endswith("and 45 more")
    assert len(error.problems) == 64
