import pytest

from benchmarks.pairs import Spread, in_turn, ratios


def test_spread_of_an_even_number_has_the_middle_of_the_middle_two():
    assert Spread.of([4.0, 1.0, 3.0, 10.0]) == Spread(median=3.5, least=1.0, most=10.0)


def test_spread_as_text_has_extremes_in_brackets():
    assert Spread(3.5, 1.0, 10.0).text(".1f", "s") == "3.5 s (1.0 to 10.0)"


def test_spread_of_one_value_as_text_has_no_extremes():
    assert Spread.of([3.14159]).text(".2f") == "3.14"


def test_in_turn_begins_each_round_with_the_next():
    done = []
    ways = {name: lambda name=name: done.append(name) or len(done) for name in "abc"}

    results = in_turn(ways, 4)

    assert "".join(done) == "abcbcacababc"
    assert results == {"a": [1, 6, 8, 10], "b": [2, 4, 9, 11], "c": [3, 5, 7, 12]}


def test_ratios_are_taken_within_each_round():
    # The machine was ten times as slow in the second round: the ratio of medians would be 11/5.5.
    assert ratios([2.0, 20.0], [1.0, 10.0]) == Spread(2.0, 2.0, 2.0)


def test_ratios_of_unequal_numbers_of_rounds_are_refused():
    with pytest.raises(ValueError, match="argument 2 is longer"):
        ratios([1.0, 2.0], [1.0, 2.0, 3.0])
