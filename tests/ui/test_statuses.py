"""Which status an answer has: what was asked is wrong, there is no such thing, or the project is at fault."""

from __future__ import annotations

import pytest
from shown import serving

JOBLIB = """
  type: joblib
  path: data/06_models/report.joblib
pages:"""


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/api/plan?pipeline=nosuch", 404, "There is no pipeline 'nosuch'"),
        ("/api/parameters?pipeline=nosuch", 404, "There is no pipeline 'nosuch'"),
        ("/api/plan?select=nosuch", 400, "nosuch"),
        ("/api/runs/last/logs?node=nosuch", 404, "has no node 'nosuch'"),
        ("/api/preview/apples?sort=nosuch", 400, "There is no column 'nosuch'"),
        ("/api/preview/scores?sort=mean", 400, "There is no column 'mean'"),
        ("/api/preview/apples?version=../x", 400, "version '../x' is not allowed"),
        ("/api/preview/apples?version=2026", 404, "has no version '2026'"),
        ("/api/runs/nosuch", 404, "nosuch"),
    ],
)
def test_a_question_that_cannot_be_answered_says_whose_fault_it_is(yard_server, path, status, told):
    with yard_server.client() as client:
        answer = client.get(path)
    assert answer.status_code == status, answer.text
    assert told in answer.json()["error"]["message"]


def test_a_node_that_ran_and_one_that_may_run_have_logs(yard_server):
    assert yard_server.get("/api/runs/last/logs?node=wait")["lines"]
    assert yard_server.get("/api/runs/last/logs?node=score") == {"lines": [], "failures": []}


@pytest.mark.parametrize(
    ("order", "status", "told"),
    [
        ({"pipeline": "nosuch"}, 404, "There is no pipeline 'nosuch'"),
        ({"select": "nosuch"}, 400, "nosuch"),
        ({"params": {"factr": 6}}, 400, "factr"),
        ({"params": {"north.least.most": 6}}, 400, "north.least"),
    ],
)
def test_an_order_that_cannot_be_carried_out_says_whose_fault_it_is(yard_server, order, status, told):
    with yard_server.client() as client:
        answer = client.post("/api/runs", json=order)
    assert answer.status_code == status, answer.text
    assert told in answer.json()["error"]["message"]


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/api/graph"), ("PUT", "/api/runs"), ("POST", "/")])
def test_a_method_that_a_place_does_not_take(yard_server, method, path):
    with yard_server.client() as client:
        answer = client.request(method, path)
    assert answer.status_code == 405
    assert answer.json()["error"]["message"] == f"{path} takes no {method}"
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("descending", [0, 1])
def test_what_is_missing_is_sorted_last_in_both_directions(yard, descending):
    (yard / "data/01_raw/apples.csv").write_text("kind,weight\na,2\nb,\nc,1\nd,3\n")
    with serving(yard) as server:
        rows = server.get(f"/api/preview/apples?sort=weight&descending={descending}")["content"]
    kinds = [kind for kind, _ in rows]
    assert kinds == (["d", "a", "c", "b"] if descending else ["c", "a", "d", "b"])


def test_a_dataset_says_whether_it_can_be_shown(yard):
    catalog = yard / "conf/base/catalog.yml"
    catalog.write_text(catalog.read_text().replace("report:", f"report:{JOBLIB}"))
    with serving(yard) as server:
        shown = {name: server.get(f"/api/datasets/{name}")["previewable"] for name in ("apples", "report")}
    assert shown == {"apples": True, "report": False}


def test_whole_numbers_that_a_page_cannot_hold_are_told_as_text(yard):
    (yard / "data/01_raw/apples.csv").write_text(f"kind,weight\na,{2**53 + 1}\nb,3\n")
    with serving(yard) as server:
        rows = server.get("/api/preview/apples")["content"]
    assert rows == [["a", str(2**53 + 1)], ["b", 3]]
