"""Which keys a node works on, as properties."""

from hypothesis import given
from hypothesis import strategies as st
from partition_nodes import join_texts, shout

from plait import each, node, pipeline
from plait.engine.keys import chosen, join
from plait.pipeline import selected_keys

KEYS = st.frozensets(st.sampled_from(["a", "b", "2024/01", "2024/02", "z"]))
DATASETS = st.dictionaries(st.sampled_from(["one", "two", "three"]), KEYS, min_size=1)


@given(DATASETS, st.frozensets(st.sampled_from(["one", "two", "three"])), KEYS)
def test_a_key_is_worked_on_unmatched_blocked_or_left_out_and_never_two_of_them(keys, skips, lost):
    joined = join(keys, skips, {next(iter(keys)): lost})

    every = frozenset().union(*keys.values())
    gaps = frozenset().union(*joined.unmatched.values())
    worked = frozenset(joined.keys)
    assert list(joined.keys) == sorted(worked)
    assert worked == frozenset.intersection(*keys.values()) - lost
    assert frozenset(joined.blocked) == lost
    assert not gaps & worked
    assert not gaps & lost
    left_out = every - worked - gaps - lost
    assert all(any(key not in keys[name] for name in skips & keys.keys()) for key in left_out)
    assert not skips & joined.unmatched.keys()


@given(KEYS, st.randoms())
def test_datasets_with_equal_keys_join_on_all_of_them(keys, random):
    shuffled = random.sample(sorted(keys), len(keys))
    assert join({"one": keys, "two": shuffled}).keys == tuple(sorted(keys))


@given(KEYS)
def test_a_star_chooses_every_key_and_a_key_itself(keys):
    every = tuple(sorted(keys))
    assert chosen(every, ["*"]) == every == chosen(every, None)
    assert chosen(every, every) == every
    assert chosen(every, []) == ()


def test_keys_of_selectors_bound_the_nodes_they_pick():
    pairs = node(join_texts, [each("loud"), each("labels")], each("pairs"))
    nodes = pipeline([node(shout, each("texts"), each("loud")), pairs])

    assert selected_keys(nodes, "shout") == {}
    assert selected_keys(nodes, "loud[2024/01]") == {"shout": ("2024/01",)}
    assert selected_keys(nodes, "shout[a] shout[b*]") == {"shout": ("a", "b*")}
    assert selected_keys(nodes, "shout[a]+") == {"shout": ("a",), "join_texts": ("a",)}
    assert selected_keys(nodes, "shout[a] shout") == {}
