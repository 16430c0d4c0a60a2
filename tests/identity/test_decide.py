import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.identity import (
    SCHEMAS,
    Components,
    Environment,
    InputIdentity,
    NodeFacts,
    OutputState,
    ParameterIdentity,
    Salt,
    SymbolDigest,
    Trace,
    decide,
    decide_in_memory,
    explain,
    parameter_identity,
    trace_from_json,
    trace_to_json,
)

BASE = Components(
    code={"()": "sha256:f", "encode": "sha256:e", "np": "name:numpy"},
    params={"model.depth": parameter_identity(6)},
    inputs={"frame": InputIdentity("features", "sha256:d", "content", "b1")},
    spec={"data/model.pkl": "s1"},
    env=Environment("3.11", {"numpy": "2.1"}, "lock1"),
    salt=Salt(None, None),
)
HERE = {"data/model.pkl": OutputState(True, "sha256:o")}
TRACE = Trace(BASE, {"data/model.pkl": "sha256:o"}, "train", "r1", 1.0)
FACTS = NodeFacts("train", names={"data/model.pkl": "model"})


def changed(**parts):
    return dataclasses.replace(BASE, **parts)


def judge(current=BASE, previous=(TRACE,), outputs=None, **facts):
    known = dataclasses.replace(FACTS, **facts)
    return decide(known, current, previous, HERE if outputs is None else outputs)


def kinds(decision):
    return [reason.kind for reason in decision.reasons]


def test_what_matches_is_skipped_and_says_what_matched():
    found = judge()
    assert found.action == "skip"
    assert found.trace is TRACE
    assert found.reasons[0].text == "3 symbols, 1 parameter, 1 input, 1 output match run r1"


@pytest.mark.parametrize(
    ("current", "kind", "text"),
    [
        (changed(code={**BASE.code, "encode": "sha256:e2"}), "code", "encode changed"),
        (changed(code={**BASE.code, "new": "sha256:n"}), "code", "new is new"),
        (changed(code={"()": "sha256:f", "np": "name:numpy"}), "code", "encode is gone"),
        (changed(code={**BASE.code, "np": "name:cupy"}), "code", "np changed"),
        (
            changed(params={"model.depth": parameter_identity(8)}),
            "params",
            "parameter model.depth changed: 6 → 8",
        ),
        (changed(params={}), "params", "parameter model.depth is no longer used"),
        (
            changed(inputs={"frame": InputIdentity("features", "sha256:d2", "content", "b1")}),
            "input",
            "the data of 'features' changed",
        ),
        (
            changed(inputs={"frame": InputIdentity("features", "sha256:d", "content", "b2")}),
            "input",
            "'features' is loaded in another way for argument 'frame'",
        ),
        (changed(inputs={}), "input", "argument 'frame' has no input any more"),
        (changed(spec={"data/model.pkl": "s2"}), "spec", "'model' is saved in another way"),
        (changed(salt=Salt("2", None)), "version", "version='2' on the node, it was None"),
        (changed(salt=Salt(None, 5)), "seed", "the code reaches a random generator now"),
    ],
)
def test_a_change_is_a_reason(current, kind, text):
    found = judge(current)
    assert found.action == "run"
    assert [(reason.kind, reason.text) for reason in found.reasons] == [(kind, text)]


def test_the_name_of_an_input_and_its_path_do_not_count():
    renamed = changed(inputs={"frame": InputIdentity("other", "sha256:d", "token", "b1")})
    assert judge(renamed).action == "skip"


def test_the_seed_says_what_it_was():
    then = Trace(changed(salt=Salt(None, 1)), TRACE.outputs)
    (reason,) = judge(changed(salt=Salt(None, 2)), (then,)).reasons
    assert (reason.kind, reason.text) == ("seed", "the project seed is 2, it was 1")


def test_never_ran():
    found = judge(previous=(), outputs={"data/model.pkl": OutputState(False)})
    assert kinds(found) == ["never_ran"]


def test_outputs_that_were_there_before():
    found = judge(previous=())
    assert kinds(found) == ["unrecorded"]
    assert found.reasons[0].text == "'model' was there before Plait knew of it"


def test_outputs_that_are_gone_or_were_changed():
    gone = judge(outputs={"data/model.pkl": OutputState(False)})
    assert kinds(gone) == ["output_missing"]
    other = judge(outputs={"data/model.pkl": OutputState(True, "sha256:other")})
    assert kinds(other) == ["output_modified"]
    assert other.reasons[0].text == "'model' was changed since Plait saved it"


def test_an_output_that_was_added_to_the_node():
    found = judge(outputs={**HERE, "data/extra.csv": OutputState(False)})
    assert kinds(found) == ["output_missing"]
    there = judge(outputs={**HERE, "data/extra.csv": OutputState(True, "sha256:x")})
    assert kinds(there) == ["unrecorded"]


def test_an_output_whose_store_cannot_tell_counts_by_being_there():
    trace = Trace(BASE, {"data/model.pkl": None})
    assert judge(previous=(trace,), outputs={"data/model.pkl": OutputState(True, None)}).action == "skip"


def test_going_back_and_forth_costs_nothing():
    other = changed(params={"model.depth": parameter_identity(8)})
    newer = Trace(other, {"data/model.pkl": "sha256:o8"}, run_id="r2")
    there = {"data/model.pkl": OutputState(True, "sha256:o8")}
    assert judge(other, (newer, TRACE), there).trace is newer
    # The older record is of other data than what lies there, so it does not help ...
    assert kinds(judge(BASE, (newer, TRACE), there)) == ["params"]
    # ... unless what lies there is what it made.
    assert judge(BASE, (newer, TRACE), HERE).trace is TRACE


def test_a_missing_input_blocks():
    found = judge(missing=("features",))
    assert (found.action, kinds(found)) == ("blocked", ["input_missing"])


def test_an_input_that_will_be_made_anew_leaves_it_open():
    pending = changed(inputs={"frame": InputIdentity("features", None, None, "b1")})
    found = judge(pending, pending={"frame": "build"})
    assert (found.action, kinds(found)) == ("maybe", ["upstream"])
    assert found.reasons[0].text == "if build makes other data"
    both = dataclasses.replace(pending, code={"()": "sha256:new"})
    assert judge(both, pending={"frame": "build"}).action == "run"


def test_policies():
    assert kinds(judge(forced=True)) == ["forced"]
    assert kinds(judge(cache="off")) == ["always"]
    assert kinds(judge(outputs={})) == ["always"]
    assert judge(outputs={}, effect=True).action == "skip"
    assert judge(changed(code={}), cache="keep").action == "skip"
    missing = {"data/model.pkl": OutputState(False)}
    assert kinds(judge(cache="keep", outputs=missing)) == ["output_missing"]


def test_what_cannot_be_identified_is_always_stale():
    found = judge(unversioned={"frame": "features"})
    assert kinds(found) == ["unversioned"]
    assert "nothing tells whether the data of 'features' changed" in found.reasons[0].text


def test_code_that_cannot_be_identified_is_always_stale():
    found = judge(needs_version=True)
    assert explain("train", found).startswith(
        "train would run: 1 reason\n"
        "  unversioned  nothing tells whether its code changed\n"
        "          → say version='…' on the node, and change it with the code"
    )


def test_an_interrupted_run():
    half = {"data/model.pkl": OutputState(True, "sha256:half")}
    assert kinds(judge(last="interrupted", outputs=half)) == ["interrupted"]
    # Its outputs are saved whole: what lies there is what the record says.
    assert judge(last="interrupted").action == "skip"
    assert kinds(judge(last="interrupted", protected=False)) == ["interrupted"]
    assert kinds(judge(previous=(), last="interrupted", outputs={"data/model.pkl": OutputState(False)})) == [
        "interrupted"
    ]


def test_a_failed_run_says_so_with_what_changed():
    code = {**BASE.code, "encode": "sha256:e2"}
    assert kinds(judge(changed(code=code), last="failed")) == ["failed_last", "code"]
    assert judge(last="failed").action == "skip"


@pytest.mark.parametrize(
    ("policy", "action", "noted"),
    [("ignore", "skip", 0), ("warn", "skip", 2), ("reached", "run", 0), ("lock", "skip", 0)],
)
def test_the_environment_counts_as_the_policy_says(policy, action, noted):
    current = changed(env=Environment("3.12", {"numpy": "2.2", "pandas": "3.0"}, "lock1"))
    found = judge(current, env_policy=policy)
    assert (found.action, len(found.notes)) == (action, noted)
    if policy == "reached":
        assert [reason.text for reason in found.reasons] == ["Python 3.11 → 3.12", "numpy 2.1 → 2.2"]


def test_the_lock_file_counts_under_its_policy():
    current = changed(env=Environment("3.11", {"numpy": "2.1"}, "lock2"))
    assert judge(current).action == "skip"
    (reason,) = judge(current, env_policy="lock").reasons
    assert (reason.kind, reason.text) == ("env", "the lock file changed")
    unknown = Trace(changed(env=Environment("3.11", {"numpy": "2.1"}, None)), TRACE.outputs)
    assert judge(current, (unknown,), env_policy="lock").adopted == ("env",)


@pytest.mark.parametrize("component", ["code", "params", "inputs", "spec", "env", "salt"])
def test_what_an_older_record_lacks_is_adopted(component):
    then = Trace(changed(**{component: None}), TRACE.outputs)
    found = judge(previous=(then,))
    assert (found.action, found.adopted) == ("skip", (component,))


@pytest.mark.parametrize("component", ["code", "params", "inputs", "spec", "env", "salt"])
def test_another_schema_of_a_component_is_adopted(component):
    older = {**SCHEMAS, component: 0}
    then = Trace(
        changed(code={"()": "sha256:f0"} if component == "code" else BASE.code, schemas=older), TRACE.outputs
    )
    found = judge(previous=(then,))
    assert (found.action, found.adopted) == ("skip", (component,))


def test_another_schema_of_output_tokens_is_adopted():
    older = changed(schemas={**SCHEMAS, "outputs": 0})
    assert judge(previous=(Trace(older, {"data/model.pkl": "md5:o"}),)).action == "skip"


def test_derived_fingerprints_follow_what_they_are_made_from():
    first = BASE.derived("out")
    assert first.strength == "token"
    assert first == BASE.derived("out")
    assert first != BASE.derived("other")
    assert first != changed(params={}).derived("out")
    assert first == changed(env=Environment("3.13", {})).derived("out")
    assert first.token != changed(env=Environment("3.13", {})).derived("out", with_env=True).token
    assert changed(inputs={"a": InputIdentity("a", None)}).derived("out") is None


def test_a_derivation_of_another_plait_is_no_change_of_data():
    now = changed(inputs={"frame": InputIdentity("features", "derived-2.1.1.1:sha256:x", "token", "b1")})
    then = changed(inputs={"frame": InputIdentity("features", "derived-1.1.1.1:sha256:y", "token", "b1")})
    assert judge(now, (Trace(then, TRACE.outputs),)).action == "skip"
    same = changed(inputs={"frame": InputIdentity("features", "derived-2.1.1.1:sha256:y", "token", "b1")})
    assert judge(now, (Trace(same, TRACE.outputs),)).action == "run"


def test_in_memory_nodes_run_when_needed():
    assert decide_in_memory(FACTS, needed="no").action == "skip"
    maybe = decide_in_memory(FACTS, needed="maybe", by="evaluate")
    assert (maybe.action, maybe.reasons[0].text) == ("maybe", "if evaluate runs")
    assert decide_in_memory(FACTS, needed="yes", by="evaluate").action == "run"


def test_memory_that_a_running_node_needs_makes_it_run():
    assert kinds(judge(needed=True)) == ["needed"]


TEXT = st.text(max_size=5)
DIGESTS = st.dictionaries(TEXT, TEXT, max_size=3)
COMPONENTS = st.builds(
    Components,
    st.none() | DIGESTS,
    st.none() | st.dictionaries(TEXT, st.builds(ParameterIdentity, TEXT, st.none() | TEXT), max_size=2),
    st.none()
    | st.dictionaries(TEXT, st.builds(InputIdentity, TEXT, TEXT, st.just("content"), TEXT), max_size=2),
    st.none() | DIGESTS,
    st.none() | st.builds(Environment, TEXT, DIGESTS, st.none() | TEXT),
    st.none() | st.builds(Salt, st.none() | TEXT, st.none() | st.integers()),
)


@given(COMPONENTS)
def test_traces_survive_json(components):
    trace = Trace(components, {"a": "b", "c": None}, "node", "run", 1.5)
    assert trace_from_json(json.loads(json.dumps(trace_to_json(trace)))) == trace


@given(COMPONENTS)
def test_what_was_recorded_is_up_to_date(components):
    trace = Trace(components, {"out": "t"})
    found = decide(NodeFacts("n", env_policy="reached"), components, [trace], {"out": OutputState(True, "t")})
    assert found.action == "skip"


@given(COMPONENTS, COMPONENTS)
def test_a_run_has_a_reason_and_a_skip_too(now, then):
    found = decide(NodeFacts("n"), now, [Trace(then, {"out": "t"})], {"out": OutputState(True, "t")})
    assert found.reasons


def test_secrets_are_never_shown():
    assert parameter_identity("hunter2", secret=True).shown is None
    now = changed(params={"model.depth": parameter_identity("new", secret=True)})
    (reason,) = judge(now).reasons
    assert reason.text == "parameter model.depth changed"


def test_a_change_of_how_things_are_reached_is_told_by_what_changed():
    then = {"()": "sha256:a", "encode": "sha256:e", "encode/scale": "sha256:s"}
    now = {"()": "sha256:b", "encode": "sha256:e", "encode/scale": "link:scale", "scale": "sha256:s"}
    found = judge(changed(code=now), (Trace(changed(code=then), TRACE.outputs),))
    assert [reason.details["key"] for reason in found.reasons] == ["()"]


def test_why_shows_the_line_that_changed():
    symbols = {
        "()": SymbolDigest("sha256:f", "flights.train_model", "src/flights/nodes.py", 3, ("train_model",)),
        "build_matrix/encode": SymbolDigest(
            "sha256:e2",
            "flights.features.encode",
            "src/flights/features.py",
            41,
            ("train_model", "build_matrix", "encode"),
        ),
    }
    then = changed(code={"()": "sha256:f", "build_matrix/encode": "sha256:e1"})
    now = changed(
        code={key: symbol.digest for key, symbol in symbols.items()},
        params={"model.max_depth": parameter_identity(8)},
    )
    then = dataclasses.replace(then, params={"model.max_depth": parameter_identity(6)})
    texts = {
        "sha256:e1": "def encode(x):\n    return x.clip(0, 1)\n",
        "sha256:e2": "def encode(x):\n    return x.clip(-1, 1)\n",
    }
    found = judge(now, (Trace(then, TRACE.outputs),), symbols=symbols)
    assert explain("train_model", found, current=now, source=texts.get) == (
        "train_model would run: 2 reasons\n"
        "  code    src/flights/features.py:41 encode changed   (train_model → build_matrix → encode)\n"
        "              -    return x.clip(0, 1)\n"
        "              +    return x.clip(-1, 1)\n"
        "  params  model.max_depth   6 → 8\n"
        "  unchanged: 1 input, 1 other symbol, env\n"
        "  to accept without running: plait state accept train_model"
    )


def test_why_explains_a_skip_and_a_blocked_node():
    assert explain("train", judge()) == (
        "train is up to date\n  unchanged  3 symbols, 1 parameter, 1 input, 1 output match run r1"
    )
    assert explain("train", judge(missing=("raw",))) == (
        "train cannot run\n  input missing  'raw' does not exist"
    )


def test_why_says_what_was_adopted():
    then = Trace(changed(spec=None), TRACE.outputs)
    assert "adopted  spec: not in the record, or of an older Plait" in explain(
        "train", judge(previous=(then,))
    )
