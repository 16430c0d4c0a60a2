"""Where two values differ, told from their text."""

import pytest

from plait.identity.differing import Difference, differing


@pytest.mark.parametrize(
    ("then", "now", "found"),
    [
        ("6", "8", [("", "6", "8")]),
        ("Options(rate=0.1, deep=6)", "Options(rate=0.3, deep=6)", [(".rate", "0.1", "0.3")]),
        ("A(b=B(c=1, d='é'), e=2)", "A(b=B(c=1, d='ü'), e=3)", [(".b.d", "'é'", "'ü'"), (".e", "2", "3")]),
        ("{'a': {'b': [1, 2]}}", "{'a': {'b': [1, 3]}}", [(".a.b", "[1, 2]", "[1, 3]")]),
        ("date(2013, 1, 2)", "date(2013, 1, 3)", [("", "date(2013, 1, 2)", "date(2013, 1, 3)")]),
        ("datetime.date(2013, 1, 2)", "datetime.date(2013, 1, 3)", [("", "2013-01-02", "2013-01-03")]),
        ("A(b=1)", "C(b=2)", [("", "A(b=1)", "C(b=2)")]),
        ("A(b=1)", "A(c=1)", [("", "A(b=1)", "A(c=1)")]),
        ("{'b': 1}", "dict(b=2)", [("", "{'b': 1}", "dict(b=2)")]),
        ("{1: 2}", "{1: 3}", [("", "{1: 2}", "{1: 3}")]),
        ("<Thing 1>", "<Thing 2>", [("", "<Thing 1>", "<Thing 2>")]),
        ("{'a': 1, **b}", "{'a': 2, **b}", [("", "{'a': 1, **b}", "{'a': 2, **b}")]),
    ],
)
def test_the_smallest_part_that_differs_is_told(then: str, now: str, found: list[tuple[str, str, str]]):
    assert differing(then, now) == [Difference(*one) for one in found]


def test_what_reads_alike_differs_as_a_whole():
    assert differing("A(b=1)", "A(b = 1)") == [Difference("", "A(b=1)", "A(b = 1)")]
