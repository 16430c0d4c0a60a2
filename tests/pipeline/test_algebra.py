"""Laws that hold for all pipelines: algebra, slices, order, namespaces."""

from __future__ import annotations

from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from plait.pipeline import Pipeline, node, pipeline

laws = settings(deadline=None, max_examples=60)


def combine(*parts):
    return parts


def other(*parts):
    return parts


@st.composite
def universes(draw):
    """Up to twelve nodes over one acyclic graph; some unnamed, some transcoded, some in a namespace."""
    count = draw(st.integers(1, 12))
    nodes = []
    for i in range(count):
        reads = draw(st.sets(st.integers(0, i - 1), max_size=3)) if i else set()
        spelled = [f"d{j}@read" if j % 3 == 0 else f"d{j}" for j in sorted(reads)]
        spelled += draw(
            st.lists(st.sampled_from(["free", "params:p.q", "params:r"]), max_size=2, unique=True)
        )
        made = node(
            draw(st.sampled_from([combine, other, partial(combine, 1)])),
            spelled,
            f"d{i}@made" if i % 3 == 0 else f"d{i}",
            name=draw(st.sampled_from([None, f"n{i}"])),
            tags=draw(st.sets(st.sampled_from("tuv"))),
            namespace=draw(st.sampled_from([None, "a", "a.b", "c"])),
        )
        nodes.append(made)
    return nodes


def subset(nodes):
    return st.sets(st.sampled_from(range(len(nodes)))).map(
        lambda picked: Pipeline([nodes[i] for i in picked])
    )


three = universes().flatmap(lambda nodes: st.tuples(subset(nodes), subset(nodes), subset(nodes)))
wholes = universes().map(Pipeline)


def names(made):
    return [n.name for n in made.nodes]


@laws
@given(three)
def test_union_and_intersection(parts):
    p, q, r = parts
    assert p + q == q + p
    assert names(p + q) == names(q + p)
    assert [n.tags for n in p + q] == [n.tags for n in q + p]
    assert (p + q) + r == p + (q + r)
    assert names((p + q) + r) == names(p + (q + r))
    assert p + p == p == p | p == p & p
    assert p & q == q & p
    assert (p & q) & r == p & (q & r)
    assert p & (q + r) == (p & q) + (p & r)
    assert p + (q & r) == (p + q) & (p + r)
    assert p + Pipeline([]) == p
    assert hash(p + q) == hash(q + p)


@laws
@given(three)
def test_difference(parts):
    p, q, r = parts
    assert (p - q) + (p & q) == p
    assert (p - q) & q == Pipeline([])
    assert p - (q + r) == (p - q) & (p - r)
    assert (p + q) - q == p - q
    assert len(p - q) + len(p & q) == len(p)


@laws
@given(three)
def test_a_pipeline_is_the_same_however_it_was_put_together(parts):
    p, q, r = parts
    whole = p + q + r
    again = Pipeline(list(reversed(whole.nodes)))
    assert again == whole
    assert names(again) == names(whole)
    assert again.grouped_nodes == whole.grouped_nodes
    assert sum([p, q, r]) == whole
    for made in (p - q, p & q, whole):
        rebuilt = Pipeline(made.nodes)
        assert rebuilt.inputs() == made.inputs()
        assert rebuilt.outputs() == made.outputs()
        assert names(rebuilt) == names(made)
        assert dict(rebuilt.producers) == dict(made.producers)
        assert {k: set(v) for k, v in rebuilt.consumers.items()} == {
            k: set(v) for k, v in made.consumers.items()
        }


@laws
@given(wholes)
def test_order_respects_edges(whole):
    place = {n.name: i for i, n in enumerate(whole.nodes)}
    layer = {n.name: i for i, layer in enumerate(whole.grouped_nodes) for n in layer}
    assert len(place) == len(whole)
    for n in whole:
        for parent in whole.parents(n):
            assert place[parent.name] < place[n.name]
            assert n in whole.children(parent)
        assert layer[n.name] == max((layer[p.name] + 1 for p in whole.parents(n)), default=0)


@laws
@given(wholes, st.data())
def test_slices(whole, data):
    chosen = data.draw(st.lists(st.sampled_from(names(whole)), min_size=1, max_size=3))
    before, after = whole.to_nodes(*chosen), whole.from_nodes(*chosen)
    assert before.to_nodes(*chosen) == before
    assert after.from_nodes(*chosen) == after
    assert whole.only_nodes(*chosen) - (before & after) == Pipeline([])
    assert before == sum((whole.to_nodes(name) for name in chosen), Pipeline([]))
    for n in before:
        assert all(parent in before for parent in whole.parents(n))
    for n in after:
        assert all(child in after for child in whole.children(n))
    tagged = whole.only_nodes_with_tags("t")
    assert tagged + (whole - tagged) == whole
    for name in whole.outputs():
        assert name in whole.to_outputs(name).outputs()
    assert whole.filter(to_nodes=chosen, from_nodes=chosen) == before & after


@laws
@given(three)
def test_namespaces_commute_with_union(parts):
    p, q, _ = parts
    both = pipeline(p + q, namespace="ns")
    assert both == pipeline(p, namespace="ns") + pipeline(q, namespace="ns")
    assert names(both) == [f"ns.{name}" for name in names(p + q)]
    assert pipeline(pipeline(p, namespace="in"), namespace="out") == pipeline(p, namespace="out.in")
    kept = pipeline(p, namespace="ns", inputs={n for n in p.inputs() if not n.startswith("params:")})
    assert {n for n in kept.inputs() if not n.startswith("params:")} == {
        n for n in p.inputs() if not n.startswith("params:")
    }


@laws
@given(three)
def test_a_namespaced_copy_shares_nothing_but_what_is_mapped(parts):
    p, _, _ = parts
    copy = pipeline(p, namespace="ns", inputs={"free": "free"} if "free" in p.inputs() else None)
    assert len(p + copy) == 2 * len(p)
    assert p.datasets() & copy.datasets() <= {"free"}
