"""Who may ask, by which name, from where; what a page may do; what is never told."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from urllib.parse import urlsplit

import httpx
import pytest
from shown import PLAIT, serving

SECRET = "hunter2-never-shown"

PLACES = [
    "/",
    "/static/app.js",
    "/static/index.html",
    "/api/graph",
    "/api/openapi.json",
    "/api/events",
    "/nowhere",
]


def asked(server, path, method="GET", **headers):
    """An answer to a request that carries nothing but what is said here."""
    with httpx.Client(base_url=server.origin, trust_env=False, timeout=30) as client:
        return client.request(method, path, headers=headers)


def known(server, **more):
    return {"authorization": f"Bearer {server.key}", **more}


def message(answer):
    return answer.json()["error"]["message"]


@pytest.mark.parametrize("path", PLACES)
def test_without_the_secret_nothing_is_told(yard_server, path):
    answer = asked(yard_server, path)
    assert answer.status_code == 401
    assert message(answer) == "Open the address that `plait ui` printed"


@pytest.mark.parametrize("offered", ["wrong", "\xe9\xff"])
def test_a_wrong_secret_is_none(yard_server, offered):
    port = urlsplit(yard_server.origin).port
    for headers in (
        {"authorization": f"Bearer {offered}".encode("latin-1")},
        {"cookie": f"plait_key_{port}={offered}".encode("latin-1")},
    ):
        assert asked(yard_server, "/api/graph", **headers).status_code == 401
    assert asked(yard_server, f"/?key={offered}").status_code == 401


def test_the_secret_moves_from_the_address_into_a_strict_cookie(yard_server):
    answer = asked(yard_server, f"/?view=runs&key={yard_server.key}&select=a+b")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?view=runs&select=a+b"
    cookie = answer.headers["set-cookie"]
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    pair = cookie.partition(";")[0]
    assert asked(yard_server, "/api/graph", cookie=pair).status_code == 200


def test_the_redirect_never_leads_to_another_host(yard_server):
    answer = asked(yard_server, f"//evil.example/?key={yard_server.key}")
    location = answer.headers.get("location", "/")
    assert urlsplit(location).netloc == ""


def test_servers_on_two_ports_have_cookies_of_their_own(yard_server, estate_server):
    names = {
        asked(server, f"/?key={server.key}").headers["set-cookie"].partition("=")[0]
        for server in (yard_server, estate_server)
    }
    assert len(names) == 2


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example"])
def test_another_name_of_the_host_is_refused(yard_server, host, path):
    answer = asked(yard_server, path, **known(yard_server, host=host))
    assert answer.status_code == 403
    assert "not the one that `plait ui` serves" in message(answer)


def test_localhost_is_this_machine_too(yard_server):
    port = urlsplit(yard_server.origin).port
    assert asked(yard_server, "/api/graph", **known(yard_server, host=f"localhost:{port}")).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "http://localhost"])
def test_another_origin_is_refused(yard_server, origin, method):
    answer = asked(yard_server, "/api/runs", method, **known(yard_server, origin=origin))
    assert answer.status_code == 403
    assert message(answer) == "Another site asked"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_request_from_another_site_is_refused(yard_server, site):
    headers = known(
        yard_server, **{"sec-fetch-site": site, "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}
    )
    assert asked(yard_server, "/api/graph", **headers).status_code == 403


def cookie_of(server):
    return asked(server, f"/?key={server.key}").headers["set-cookie"].partition(";")[0]


@pytest.mark.parametrize("origin", [{}, {"origin": "null"}])
def test_a_cookie_alone_starts_nothing(yard_server, origin):
    answer = asked(yard_server, "/api/runs", "POST", cookie=cookie_of(yard_server), **origin)
    assert answer.status_code == 403
    assert message(answer) == "A request that changes something must come from the page"


def test_the_page_of_a_frame_may_not_ask(yard_server):
    """A report in a sandboxed frame has the origin "null"; its requests bring no cookie, and are refused."""
    answer = asked(yard_server, "/api/graph", origin="null", **{"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


@pytest.mark.parametrize("path", [*PLACES[:-2], "/api/nodes/nowhere", "/api/search", "/nowhere"])
def test_every_answer_says_what_a_page_may_do(yard_server, path):
    for answer in (asked(yard_server, path), asked(yard_server, path, **known(yard_server))):
        rules = rules_of(answer)
        assert rules["default-src"] == ["'none'"]
        assert rules["script-src"] == ["'self'"]
        assert rules["style-src"] == ["'self'"]
        assert rules["frame-ancestors"] == ["'none'"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in answer.headers


def rules_of(answer):
    rules = [rule.split() for rule in answer.headers["content-security-policy"].split(";")]
    return {name: values for name, *values in rules}


def test_the_page_of_a_frame_has_no_origin_and_no_network(yard_server):
    answer = asked(yard_server, "/api/frame/report", **known(yard_server))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    rules = rules_of(answer)
    assert rules["sandbox"] == ["allow-scripts"]
    assert rules["default-src"] == ["'none'"]
    assert "connect-src" not in rules


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static/%2e%2e%2f%2e%2e%2fproject/__init__.py",
        "/static//etc/passwd",
        "/static/..%5capp.py",
        "/api/datasets/..%2f..%2fpyproject.toml",
        "/api/preview/../../pyproject.toml",
        "/api/preview/%2fetc%2fpasswd",
        "/api/frame/..%2Fconf%2Flocal%2Fcredentials.yml",
        "/api/nodes/%2e%2e%2f%2e%2e%2fpyproject.toml",
        "/api/runs/..%2f..%2fpyproject.toml",
        "/api/runs/..%2f..%2fpyproject.toml/logs",
    ],
)
def test_no_path_leads_to_a_file(yard_server, path):
    # httpx would tidy the path up before it sends it.
    url = urlsplit(yard_server.origin)
    with httpx.Client(trust_env=False) as client:
        request = client.build_request("GET", yard_server.origin, headers=known(yard_server))
        request.url = httpx.URL(scheme="http", host=url.hostname, port=url.port, raw_path=path.encode())
        answer = client.send(request)
    assert answer.status_code == 404
    assert "error" in answer.json()


def test_credentials_are_in_no_answer(yard):
    with serving(yard, "--env", "local") as server, server.client() as client:
        description = client.get("/api/openapi.json").json()
        graph = client.get("/api/graph").json()
        names = [element["name"] for element in graph["elements"]] + ["store"]
        runs = [run["id"] for run in client.get("/api/runs").json()["runs"]]
        seen = [client.get("/").text]
        for path in gettable(description):
            for filled in with_values(path, names, runs):
                seen.append(client.get(filled).text)
        assert len(seen) > 40
        assert not [text for text in seen if SECRET in text]
    kept = [*(yard / ".plait/ui").iterdir(), *(yard / ".plait").glob("ledger*")]
    assert len(kept) > 1
    assert not [file for file in kept if SECRET.encode() in file.read_bytes()]


def gettable(description):
    return [
        path
        for path, operations in description["paths"].items()
        if "get" in operations and "events" not in path
    ]


def with_values(path, names, runs):
    """The path with each name and run filled in, and with a query that asks for all there is."""
    if "{name}" in path:
        return [path.replace("{name}", name) for name in names]
    if "{run}" in path:
        return [path.replace("{run}", run) for run in runs]
    return [f"{path}?q=p&run={'&run='.join(runs)}&limit=100"]


def test_a_parameter_from_the_environment_is_not_told(yard, monkeypatch):
    (yard / "conf/base/parameters.yml").write_text(
        "factor: 2\nnorth:\n  least: 1\nsouth:\n  least: ${oc.env:YARD_LEAST}\n"
    )
    shutil.rmtree(yard / ".plait")
    monkeypatch.setenv("YARD_LEAST", "31337007")
    with serving(yard) as server, server.client() as client:
        seen = [
            client.get(path).text for path in ("/api/graph", "/api/nodes/south.heavier", "/api/parameters")
        ]
    assert "***" in seen[1]
    assert not [text for text in seen if "31337007" in text]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_beyond_this_machine_a_token_is_asked_for(served_yard, host):
    done = subprocess.run(
        [*PLAIT, "ui", "--no-browser", "--host", host],
        cwd=served_yard,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert f"{host} can be reached from other machines" in done.stderr
    assert "--token" in done.stderr


def test_a_token_that_is_easily_guessed_is_refused(served_yard):
    done = subprocess.run(
        [*PLAIT, "ui", "--no-browser", "--token", "short"],
        cwd=served_yard,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "shorter than 12 characters" in done.stderr


def test_a_token_that_was_given_is_the_secret(served_yard):
    with serving(served_yard, "--host", "0.0.0.0", "--token", "a-long-enough-token") as server:
        assert server.key == "a-long-enough-token"
        assert asked(server, "/api/graph").status_code == 401
        assert asked(server, "/api/graph", **known(server)).status_code == 200
        assert (
            asked(server, "/api/runs", "POST", **known(server, origin="https://evil.example")).status_code
            == 403
        )


@pytest.fixture(scope="module")
def read_only_server(served_yard):
    with serving(served_yard, "--read-only") as server:
        yield server


@pytest.mark.parametrize("path", ["/api/runs", "/api/runs/last/cancel"])
def test_a_server_that_only_shows_starts_and_cancels_nothing(read_only_server, path):
    answer = asked(read_only_server, path, "POST", **known(read_only_server))
    assert answer.status_code == 403
    assert "--read-only" in message(answer)
    assert read_only_server.get("/api/graph")["project"]["read_only"] is True


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"select": "--fresh"}, "--fresh"),
        ({"select": "score --params factor=3"}, "--params"),
        ({"select": "nonsense"}, "nonsense"),
        ({"pipeline": "--help"}, "--help"),
        ({"executor": "ssh"}, "executor"),
        ({"workers": 100_000}, "workers"),
        ({"workers": True}, "integer"),
        ({"params": []}, "object"),
        ({"command": "rm"}, "unknown"),
    ],
)
def test_what_a_run_is_started_with_is_checked_first(yard_server, body, said):
    before = yard_server.get("/api/runs")
    with yard_server.client() as client:
        answer = client.post("/api/runs", json=body)
    assert answer.status_code in (400, 404, 409)
    assert said in answer.text
    with contextlib.suppress(KeyError):
        assert answer.json()["error"]["message"]
    assert yard_server.get("/api/runs") == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/runs/nosuch", 404),
        ("/api/compare?run=nosuch", 404),
        ("/api/datasets/nosuch", 404),
        ("/api/preview/nosuch", 404),
        ("/api/preview/scores?version=x", 404),
        ("/api/preview/scores?version=..", 400),
        ("/api/preview/scores?limit=0", 400),
        ("/api/plan?select=nosuch", 400),
        ("/api/frame/apples", 400),
    ],
)
def test_what_is_not_answered_is_told_with_its_kind(yard_server, path, status):
    with yard_server.client() as client:
        answer = client.get(path)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"].keys() == {"message", "where", "why", "hint"}


def test_names_that_end_like_another_address_are_names(yard):
    with (yard / "conf/base/catalog.yml").open("a") as file:
        file.write("scores/preview: data/08_reporting/scores.json\n")
    pipeline = yard / "src/yard/pipelines/harvest/pipeline.py"
    text = pipeline.read_text().replace('"scores", tags="daily"', '"scores/preview", tags="daily"')
    pipeline.write_text(text.replace('"scores": "scores"', '"scores": "scores/preview"'))
    with serving(yard) as server:
        found = server.get("/api/datasets/scores/preview")
        assert (found["name"], found["producer"]) == ("scores/preview", "score")
        assert server.get("/api/preview/scores/preview")["kind"] == "json"


@pytest.mark.parametrize("name", ["--env=prod", "-x", "a b", "", "a..b", "factor=9"])
def test_names_of_parameters_cannot_become_options(yard_server, name):
    before = len(yard_server.get("/api/runs")["runs"])
    with yard_server.client() as client:
        answer = client.post("/api/runs", json={"select": "score", "params": {name: 1}})
    assert answer.status_code == 400
    assert "is no name of a parameter" in message(answer)
    assert len(yard_server.get("/api/runs")["runs"]) == before
