# ruff: noqa: E501 - files of others stand here as they are, one string each
"""Projects that cannot be opened: settings, hooks, observers, and Plait's own state."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from bad_projects import Case, Files

__all__ = ["SURROUNDINGS"]


def _settings(text: str, **files: str) -> Files:
    return {"src/shop/settings.py": text, **files}


def _pyproject(text: str) -> Files:
    return {"pyproject.toml": text}


def _hook(
    signature: str, body: str = "pass", imported: str = "from plait.engine.hooks import hook_impl"
) -> Files:
    return {
        "src/shop/hooks.py": f"{imported}\n\n\nclass Hooks:\n    @hook_impl\n    def {signature}:\n        {body}\n",
        "src/shop/settings.py": "from shop.hooks import Hooks\n\nHOOKS = (Hooks(),)\n",
    }


_OBSERVER = """
class Watcher:
    def on_event(self, event):
        raise RuntimeError("the dashboard is down")


OBSERVERS = [Watcher()]
"""


def _newer_ledger(folder: Path) -> None:
    (folder / ".plait").mkdir()
    connection = sqlite3.connect(folder / ".plait" / "ledger.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()


SURROUNDINGS = [
    Case("no-project", "run", alone=True),
    Case("no-project-check", "check", alone=True),
    Case("no-project-json", "catalog list --json", alone=True),
    Case("project-of-kedro", "run", {"pyproject.toml": '[tool.kedro]\npackage_name = "shop"\n'}, alone=True),
    Case("broken-pyproject", "run", _pyproject("[tool.plait\npackage = 'shop'\n")),
    Case(
        "pyproject-not-utf8", "run", {"pyproject.toml": "[tool.plait]\npackage = 'größe'\n".encode("latin-1")}
    ),
    Case("tool-plait-is-text", "run", _pyproject('[tool]\nplait = "shop"\n')),
    Case("setting-misspelt", "run", _pyproject('[tool.plait]\npackage = "shop"\ndefault_fram = "polars"\n')),
    Case(
        "setting-of-a-wrong-type",
        "run",
        _pyproject('[tool.plait]\npackage = "shop"\nseed = "seven"\nnaming = 1\n'),
    ),
    Case("frame-misspelt", "run", _pyproject('[tool.plait]\npackage = "shop"\ndefault_frame = "polar"\n')),
    Case("executor-misspelt", "run", _pyproject('[tool.plait]\npackage = "shop"\nexecutor = "inlin"\n')),
    Case("package-misspelt", "run", _pyproject('[tool.plait]\npackage = "shp"\n')),
    Case("no-package", "run", _pyproject("[tool.plait]\n")),
    Case(
        "package-of-python-itself",
        "run",
        {"pyproject.toml": '[tool.plait]\npackage = "json"\n', "src/json/__init__.py": ""},
    ),
    Case("package-is-no-name", "run", _pyproject('[tool.plait]\npackage = "my-shop"\n')),
    Case("source-misspelt", "run", _pyproject('[tool.plait]\npackage = "shop"\nsource = "scr"\n')),
    Case("conf-misspelt", "run", _pyproject('[tool.plait]\npackage = "shop"\nconf = "cnf"\n')),
    Case("settings-raise", "run", _settings("LIMIT = int('many')\n")),
    Case("settings-syntax", "run", _settings("HOOKS = (\n")),
    Case("settings-misspelt", "run", _settings("HOKS = ()\n")),
    Case("settings-for-kedro-only", "check", _settings("SESSION_STORE_ARGS = {}\n"), code=0),
    Case("hooks-no-list", "run", _settings("class Hooks:\n    pass\n\n\nHOOKS = Hooks()\n")),
    Case("hooks-a-class", "run", _settings("class Hooks:\n    pass\n\n\nHOOKS = (Hooks,)\n")),
    Case(
        "hooks-nothing-marked",
        "run",
        _settings("class Hooks:\n    def before_node_run(self):\n        pass\n\n\nHOOKS = (Hooks(),)\n"),
    ),
    Case("hook-misspelt", "run", _hook("before_nod_run(self, node)")),
    Case("hook-argument-misspelt", "run", _hook("before_node_run(self, nod)")),
    Case("hook-raises", "run", _hook("before_node_run(self, node)", "raise ValueError('not today')"), code=1),
    Case(
        "hook-of-the-run-raises",
        "run",
        _hook("before_pipeline_run(self, run_params)", "raise ValueError('not today')"),
        code=2,
    ),
    Case(
        "hook-of-the-catalog-raises",
        "run",
        _hook("after_catalog_created(self, catalog)", "raise ValueError('not today')"),
        code=2,
    ),
    Case(
        "hook-of-kedro",
        "run",
        _hook("before_node_run(self, node)", imported="from kedro.framework.hooks import hook_impl"),
        code=0,
        changes=("data/08_reporting/report.json",),
    ),
    Case(
        "hook-by-path-misspelt",
        "run",
        _pyproject('[tool.plait]\npackage = "shop"\nhooks = ["shop.hooks.Hooks"]\n'),
    ),
    Case("observer-raises", "run", _settings(_OBSERVER), code=0, changes=("data/08_reporting/report.json",)),
    Case("observer-without-on-event", "run", _settings("OBSERVERS = [3]\n")),
    Case(
        "dataset-name-misspelt",
        "check",
        {
            "pyproject.toml": '[tool.plait]\npackage = "shop"\n\n[tool.plait.datasets]\nnumbers = "shop.datasets.Nothing"\n',
            "conf/base/catalog.yml": "numbers: {type: numbers}\nreport: data/08_reporting/report.json\n",
        },
    ),
    Case(
        "observer-that-prints",
        "run",
        _settings(_OBSERVER.replace('raise RuntimeError("the dashboard is down")', 'print("seen")')),
        code=0,
        changes=("data/08_reporting/report.json",),
    ),
    Case(
        "ledger-broken",
        "run",
        {".plait/ledger.db": "this is no database, it is a text that somebody wrote\n" * 50},
        code=0,
        changes=("data/08_reporting/report.json",),
    ),
    Case(
        "ledger-of-a-newer-plait",
        "run",
        code=0,
        changes=("data/08_reporting/report.json",),
        prepare=_newer_ledger,
    ),
    Case("ledger-of-a-newer-plait-plan", "plan", code=0, prepare=_newer_ledger),
    Case("ledger-is-a-folder", "run", {".plait/ledger.db/kept.txt": "kept"}),
    Case("ledger-broken-list", "runs list", {".plait/ledger.db": "this is no database\n" * 50}, code=0),
    Case("state-is-a-file", "run", {".plait": "a file"}),
    Case(
        "cache-broken",
        "run",
        code=0,
        before=("check",),
        changes=("data/08_reporting/report.json",),
        prepare=None,
    ),
    Case("below-the-project", "run totl", folder="data/01_raw"),
]
