"""Building the page at installation: only when it has to be, with the Node there is, in clear words."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def page(tmp_path, monkeypatch):
    """The build script, with a front end in a temporary folder and no Node but what a test puts there."""
    spec = importlib.util.spec_from_file_location("page_of_plait", ROOT / "frontend" / "page.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "page_of_plait", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "FRONTEND", tmp_path / "frontend")
    monkeypatch.setattr(module, "STATIC", tmp_path / "static")
    monkeypatch.setattr(module, "_packaged_node", lambda: None)
    monkeypatch.delenv("PLAIT_SKIP_UI_BUILD", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/bin{os.pathsep}/usr/bin")
    _script(tmp_path / "bin" / "node", "echo v24.1.0")
    _write(tmp_path / "frontend" / "src" / "main.tsx", 100)
    return module


def _write(path, when, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (when, when))


def _script(path, body):
    _write(path, 1, f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_it_is_built_when_it_is_not_there_or_older_than_its_sources(page):
    assert page.wanted()
    _write(page.STATIC / "app.js", 200)
    assert not page.wanted()
    _write(page.FRONTEND / "package-lock.json", 300)
    assert page.wanted()


def test_it_is_left_out_when_somebody_asks_for_that(page, monkeypatch):
    monkeypatch.setenv("PLAIT_SKIP_UI_BUILD", "1")
    assert not page.wanted()


def test_node_is_installed_only_to_build_and_where_the_machine_has_none(page, tmp_path):
    _script(tmp_path / "bin" / "npm", "true")
    assert not page.needs_node_package()
    _script(tmp_path / "bin" / "node", "echo v12.22.12")
    assert page.needs_node_package()
    _write(page.STATIC / "app.js", 200)
    assert not page.needs_node_package()


def test_a_failing_npm_is_quoted_and_what_was_built_before_stays(page, tmp_path):
    _script(tmp_path / "bin" / "npm", "echo npm error network is down >&2; exit 1")
    _write(page.STATIC / "app.js", 50, "old")
    with pytest.raises(page.BuildError) as caught:
        page.build()
    said = str(caught.value)
    assert "npm ci" in said
    assert "  npm error network is down" in said
    assert "make ui" in said
    assert "PLAIT_SKIP_UI_BUILD=1" in said
    assert (page.STATIC / "app.js").read_text() == "old"


def test_the_page_is_put_in_place_as_a_whole(page, tmp_path):
    _script(tmp_path / "bin" / "npm", "mkdir -p node_modules")
    builds = 'mkdir "$PLAIT_UI_OUT"; echo new > "$PLAIT_UI_OUT/app.js"'
    _script(tmp_path / "bin" / "node", f'if [ "$1" = --version ]; then echo v24.1.0; else {builds}; fi')
    _write(page.STATIC / "left-over.js", 50)
    page.build()
    assert [path.name for path in page.STATIC.iterdir()] == ["app.js"]
    assert not page.wanted()
