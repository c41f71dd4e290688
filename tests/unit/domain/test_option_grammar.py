import pytest

from seqstack.domain.option_grammar import Argument, Grammar, Refusal, Value

NUMBER = Value(r"\d+", "a number")
LETTERS = Grammar(
    "tool",
    {"-k": NUMBER, "--seed": NUMBER, "-M": None, "-a": None, "--all": None},
    {"-o": Refusal.NAMES_FILES, "--output": Refusal.NAMES_FILES, "-t": Refusal.SET_HERE},
)
WORDS = Grammar(
    "tool", {"-ud": NUMBER, "-canon": None}, operand=Value("[a-z]+", "a name"), has_letters=False
)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("-k 19", [Argument(("-k", "19"), "-k", "19")]),
        ("-k19", [Argument(("-k19",), "-k", "19")]),
        ("--seed 7", [Argument(("--seed", "7"), "--seed", "7")]),
        ("--seed=7", [Argument(("--seed=7",), "--seed", "7")]),
        (
            "-aMk19",
            [
                Argument(("-a",), "-a", None),
                Argument(("-M",), "-M", None),
                Argument(("-k19",), "-k", "19"),
            ],
        ),
        ("-M --all", [Argument(("-M",), "-M", None), Argument(("--all",), "--all", None)]),
    ],
)
def test_grammar_reads_options_as_getopt_does(words, expected):
    assert LETTERS.read(words.split()) == (expected, [])


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("-o x", "-o may not be given: it reads or writes files"),
        ("-ox", "-o may not be given"),
        ("-Mox", "-o may not be given"),
        ("--output=x", "--output may not be given"),
        ("-t 4", "-t may not be given: the workflow sets it itself; leave it out"),
        ("--out x", "'--out' is not one of the allowed options of tool: -k, --seed, -M"),
        ("--see=7", "'--see' is not one of the allowed options"),
        ("-z", "'-z' is not one of the allowed options"),
        ("-k", "-k takes a number, nothing follows"),
        ("-k -o", "-k takes a number, not '-o'"),
        ("-k 1;ls", "-k takes a number, not '1;ls'"),
        ("--all=1", "--all takes no value, but has '1'"),
        ("word", "'word' is not an option, and tool accepts nothing else"),
        ("-", "'-' is not an option"),
        ("--", "'--' is not one of the allowed options"),
        ("@file", "'@file' is not an option"),
    ],
)
def test_grammar_refuses_what_it_does_not_hold_and_names_it(words, problem):
    _, problems = LETTERS.read(words.split())

    assert problems[0].startswith(problem)


def test_grammar_reports_every_problem():
    assert len(LETTERS.read(["-o", "x", "-z", "-k", "y"])[1]) == 4


def test_grammar_shows_little_of_a_long_word():
    (problem,) = LETTERS.read(["x" * 500])[1]

    assert len(problem) < 120


def test_grammar_of_whole_words_does_not_take_them_apart():
    assert WORDS.read(["-canon", "-ud", "5", "hg"]) == (
        [
            Argument(("-canon",), "-canon", None),
            Argument(("-ud", "5"), "-ud", "5"),
            Argument(("hg",), "", None),
        ],
        [],
    )
    assert WORDS.read(["-canonud5"])[1][0].startswith(
        "'-canonud5' is not one of the allowed options"
    )
    assert WORDS.read(["../hg"])[1] == ["'../hg' is not a name"]
