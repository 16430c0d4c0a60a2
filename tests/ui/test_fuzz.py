"""Anything is asked of every endpoint, as its own description tells of it and otherwise."""

from __future__ import annotations

import json
import os
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shown import expect_to_fit, serving

EXAMPLES = int(os.environ.get("PLAIT_FUZZ", "12"))  # for each operation

SOME_TEXT = st.text(max_size=40) | st.sampled_from(
    [
        "",
        "score",
        "params:factor",
        "last",
        "-2",
        "__default__",
        "+score",
        "not:",
        "state:x",
        "a..b",
        "%00",
        "../..",
        "NaN",
    ]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def server(served_yard):
    # Read only: what a run may be started with is decided after the body has been checked.
    with serving(served_yard, "--read-only") as server:
        yield server


@pytest.fixture(scope="module")
def client(server):
    with server.client() as client:
        yield client


@pytest.fixture(scope="module")
def description(client):
    return client.get("/api/openapi.json").json()


def value_of(schema):
    """A strategy for what a schema allows."""
    kind = schema["type"]
    if kind == "integer":
        return st.integers(schema.get("minimum", -(2**40)), schema.get("maximum", 2**40)).map(str)
    if kind == "boolean":
        return st.sampled_from(["0", "1", "true", "false", ""])
    if kind == "array":
        return st.lists(SOME_TEXT, max_size=4)
    return SOME_TEXT


def asked(data, operation, path):
    """A request of an operation: path, and query."""
    query = []
    for parameter in operation["parameters"]:
        sensible = data.draw(st.booleans() if parameter["in"] == "query" else st.just(True))
        value = data.draw(value_of(parameter["schema"]) if sensible else SOME_TEXT)
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(value, safe="/"))
        elif parameter["required"] or data.draw(st.booleans()):
            query += [(parameter["name"], one) for one in ([value] if isinstance(value, str) else value)]
    if data.draw(st.booleans()):
        query.append((data.draw(st.text(max_size=5)), data.draw(SOME_TEXT)))
    return f"{path}?{urlencode(query)}" if query else path


def body_of(data, operation):
    if "requestBody" not in operation:
        return None
    properties = operation["requestBody"]["content"]["application/json"]["schema"]["properties"]
    sensible = st.fixed_dictionaries({}, optional=dict.fromkeys(properties, ANYTHING))
    document = data.draw(sensible | ANYTHING)
    return data.draw(st.just(json.dumps(document).encode()) | st.binary(max_size=30))


def expect_an_answer(answer):
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["error"]["message"]


OPERATIONS = [
    "get /api/graph",
    "get /api/search",
    "get /api/select",
    "get /api/plan",
    "get /api/parameters",
    "get /api/nodes/{name}",
    "get /api/preview/{name}",
    "get /api/frame/{name}",
    "get /api/datasets/{name}",
    "get /api/catalog",
    "get /api/catalog.csv",
    "get /api/catalog.md",
    "get /api/runs",
    "get /api/runs/{run}/logs",
    "get /api/runs/{run}",
    "get /api/compare",
    "get /api/metrics",
    "post /api/runs",
    "post /api/command",
    "post /api/runs/{run}/cancel",
]


def test_every_operation_is_fuzzed(description):
    told = {f"{method} {path}" for path, found in description["paths"].items() for method in found}
    assert told - {"get /api/events"} == set(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_whatever_is_asked_is_answered(client, description, operation, data):
    method, path = operation.split()
    told = description["paths"][path][method]
    answer = client.request(method, asked(data, told, path), content=body_of(data, told))
    expect_an_answer(answer)
    if _is_for(path, answer) and not answer.is_redirect:
        expect_to_fit(description, operation, answer)


def _is_for(path, answer):
    """Whether a request came to the operation it was made for: a name of dots or slashes leads elsewhere."""
    return answer.request.url.path.count("/") == path.count("/") and "." not in answer.request.url.path


ANSWERED = [
    ("get /api/graph", ""),
    ("get /api/search", "?q=score"),
    ("get /api/select", "?select=%2Bscore"),
    ("get /api/select", "?select=nosuch"),
    ("get /api/plan", ""),
    ("get /api/parameters", ""),
    ("get /api/nodes/{name}", "score"),
    ("get /api/nodes/{name}", "north.heavier"),
    ("get /api/preview/{name}", "apples"),
    ("get /api/preview/{name}", "scores"),
    ("get /api/frame/{name}", "report"),
    ("get /api/datasets/{name}", "apples"),
    ("get /api/datasets/{name}", "north.kept"),
    ("get /api/datasets/{name}", "report"),
    ("get /api/datasets/{name}", "nosuch"),
    ("get /api/catalog", ""),
    ("get /api/catalog.csv", ""),
    ("get /api/catalog.md", ""),
    ("get /api/runs", ""),
    ("get /api/runs/{run}", "last"),
    ("get /api/runs/{run}/logs", "last"),
    ("get /api/compare", "?run=-2&run=last"),
    ("get /api/metrics", ""),
    ("post /api/command", ""),
]


@pytest.mark.parametrize(("operation", "about"), ANSWERED)
def test_what_is_answered_fits_what_is_told_of_it(client, description, operation, about):
    method, path = operation.split()
    name = about.partition("?")[0]
    filled = path.replace("{name}", name).replace("{run}", name)
    query = about if about.startswith("?") else ""
    body = json.dumps({"params": {"factr": 3}}) if method == "post" else None
    expect_to_fit(description, operation, client.request(method, f"{filled}{query}", content=body))


def test_every_answer_is_described_and_how_to_be_let_in(description, server):
    for told in description["paths"].values():
        for operation in told.values():
            for media_type, content in operation["responses"]["200"]["content"].items():
                kind = "object" if media_type == "application/json" else "string"
                assert content["schema"]["type"] == kind
    schemes = description["components"]["securitySchemes"]
    assert {name for one in description["security"] for name in one} == set(schemes)
    port = server.origin.rpartition(":")[2]
    assert schemes["cookie"]["name"] == f"plait_key_{port}"
    assert schemes["secret"]["scheme"] == "bearer"


@settings(max_examples=3 * EXAMPLES, deadline=None)
@given(
    path=st.text(max_size=30), method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
)
def test_whatever_the_path_and_the_method_there_is_an_answer(client, path, method):
    expect_an_answer(client.request(method, f"/{quote(path, safe='/')}"))


@settings(max_examples=2 * EXAMPLES, deadline=None)
@given(query=st.binary(max_size=40))
def test_whatever_the_query_there_is_an_answer(client, query):
    expect_an_answer(client.get(f"/api/search?q={quote(query, safe='&=%+')}"))


def test_the_server_still_tells_the_graph_afterwards(client):
    assert client.get("/api/graph").json()["elements"]
