"""A static site of a project: the page and its data as files, which open from a folder and on any host."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any
from urllib.parse import quote

from plait.errors import PlaitError, UsageError
from plait.project import Project
from plait.project.history import reasons_of_runs
from plait.ui.api import catalog, elements, graph, runs
from plait.ui.asking import WorkbenchError
from plait.ui.endpoints import RequestError, json_ready
from plait.ui.page import STATIC
from plait.ui.security import EXPORT_FRAME_POLICY, EXPORT_POLICY
from plait.ui.viewer import Viewer

__all__ = ["ExportOptions", "export"]

_FILES = ("app.js", "app.css", "icon.svg")
_PLOTLY = '<script src="/static/plotly.min.js"></script>'

#: What may stand before the first element. Anything else, a comment too, could hide the policy behind it.
_DOCTYPE = re.compile("\ufeff?[\t\n\f\r ]*<!doctype[^>]*>", re.IGNORECASE)


@dataclass(frozen=True)
class ExportOptions:
    """What goes into the site.

    Attributes:
        pipeline, select: the part of the project that is shown.
        previews: names of datasets whose first rows are shown; ``*`` stands for all.
        runs: how many of the last runs.
    """

    pipeline: str
    select: str = ""
    previews: tuple[str, ...] = ()
    runs: int = 20
    rows: int = 100


def export(project: Project, folder: Path, options: ExportOptions) -> list[Path]:
    """Write the site into a folder, which must be empty or hold an earlier one; return its files.

    Raises:
        UsageError: something else lies in the folder, or the page was not built.
    """
    if not (STATIC / "app.js").is_file():
        raise UsageError("The page was not built", hint="install Plait from a wheel, or run `make ui`")
    if folder.exists() and any(folder.iterdir()) and not (folder / "data.js").is_file():
        raise UsageError(f"'{folder}' is not empty", hint="name a folder that is not there yet")
    answers = asyncio.run(_answers(project, options))
    folder.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        shutil.copyfile(STATIC / name, folder / name)
    frames = answers.pop("frames")
    for earlier in folder.glob("frame-*.html"):
        earlier.unlink()  # its preview may not be chosen any more
    for name, page in frames.items():
        (folder / name).write_text(page, encoding="utf-8")
    document = json.dumps({"answers": json_ready(answers)}, allow_nan=False).replace("<", "\\u003c")
    (folder / "data.js").write_text(f"window.__plait = {document};\n", encoding="utf-8")
    page = (STATIC / "index.html").read_text(encoding="utf-8").replace("/static/", "")
    page = page.replace('<script src="app.js">', '<script src="data.js"></script>\n    <script src="app.js">')
    (folder / "index.html").write_text(confined(page, EXPORT_POLICY), encoding="utf-8")
    return [folder / name for name in ("index.html", "data.js", *_FILES, *frames)]


def confined(page: str, policy: str, script: str = "") -> str:
    """Return a page that holds its own policy, before anything in it that could be loaded or run.

    No server stands behind the site that could send the policy. Where the page begins otherwise than by its
    doctype, the policy is first all the same, so that nothing comes before it.

    Args:
        script: runs before everything in the page.
    """
    doctype = _DOCTYPE.match(page)
    end = doctype.end() if doctype else 0
    rules = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
    first = f"<script>{script}</script>" if script else ""
    return page[:end] + rules + first + page[end:]


def _framed(page: str, name: str) -> str:
    """Return the page that shows a dataset in a frame; opened by itself it leads to the page around it.

    In the frame it cannot lead elsewhere, for the page around it says so; in a window of its own it could.
    """
    around = f"index.html?focus=dataset:{quote(name, safe='')}"
    return confined(page, EXPORT_FRAME_POLICY, f'if(self===top){{stop();location.replace("{around}")}}')


async def _answers(project: Project, options: ExportOptions) -> dict[str, Any]:
    viewer = Viewer(project, read_only=True)
    try:
        await viewer.look()
        return await _Collector(viewer, options).collect()
    except WorkbenchError as error:
        raise UsageError(error.document["message"], hint=error.document["hint"]) from error
    finally:
        await viewer.stop()


class _Collector:
    """Asks what a reader of the site may ask, and keeps the answers under the paths they are asked by."""

    def __init__(self, viewer: Viewer, options: ExportOptions) -> None:
        self._viewer = viewer
        self._options = options
        self._answers: dict[str, Any] = {}
        self._frames: dict[str, str] = {}

    async def collect(self) -> dict[str, Any]:
        document = await graph.graph(self._viewer, {})
        self._answers["/api/graph"] = await self._narrowed(document)
        for element in self._shown(self._answers["/api/graph"]):
            await self._element(element)
        self._answers["/api/catalog"] = await catalog.catalog(self._viewer, {})
        await self._history()
        return {**self._answers, "frames": self._frames}

    async def _narrowed(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Keep the pipeline, and the selection in it, that are to be shown."""
        options = self._options
        chosen = await self._viewer.workbench.ask("select", pipeline=options.pipeline, select=options.select)
        names = set(chosen["nodes"])
        kept = [
            {"name": item["name"], "nodes": inside}
            for item in document["pipelines"]
            if (inside := [number for number in item["nodes"] if _name(document, number) in names])
        ]
        return {**document, "pipelines": kept}

    @staticmethod
    def _shown(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        numbers: dict[int, None] = {}
        for pipeline in document["pipelines"]:
            for number in pipeline["nodes"]:
                element = document["elements"][number]
                numbers |= dict.fromkeys([number, *element.get("inputs", ()), *element.get("outputs", ())])
        return (document["elements"][number] for number in numbers)

    async def _element(self, element: Mapping[str, Any]) -> None:
        kind, name = element["kind"], element["name"]
        if kind == "node":
            found = await elements.node(self._viewer, {"name": name})
            self._answers[_path("nodes", name)] = {**found, "editor": None}
        elif kind == "dataset":
            found = await elements.dataset(self._viewer, {"name": name})
            previewed = found["exists"] and await self._preview(name)
            self._answers[_path("datasets", name)] = {**found, "exists": bool(previewed)}

    async def _preview(self, name: str) -> bool:
        if not {"*", name} & set(self._options.previews):
            return False
        found = await self._look(name, None)
        if found is not None:
            self._answers[_path("preview", name)] = found
        return found is not None

    async def _look(self, name: str, version: str | None) -> dict[str, Any] | None:
        """Return the preview of a dataset, or of a version of it; a page to be framed becomes a file."""
        what = {"name": name, "version": version}
        values = {**what, "limit": self._options.rows, "sort": None, "descending": False}
        found: dict[str, Any] | None = await _or_none(elements.preview(self._viewer, values))
        if found is not None and found["kind"] in ("html", "plotly", "markdown"):
            file = f"frame-{len(self._frames)}.html"
            answer = await elements.frame(self._viewer, what)
            page = bytes(answer.body).decode()
            if found["kind"] == "plotly":
                page = page.replace(_PLOTLY, f"<script>{_plotly()}</script>", 1)
            self._frames[file] = _framed(page, name)
            return {"kind": found["kind"], "frame": file, "columns": None, "content": None}
        return found

    async def _history(self) -> None:
        found = await runs.runs(self._viewer, {"limit": max(1, self._options.runs)})
        found = {"runs": found["runs"][: self._options.runs]}
        self._answers["/api/runs"] = found
        self._answers["/api/metrics"] = await runs.metrics(self._viewer, {})
        for record in found["runs"]:
            values = {"run": record["id"], "node": None, "limit": 5_000}
            path = f"/api/runs/{record['id']}"
            details = await runs.run(self._viewer, values)
            self._answers[path] = {**details, "figures": await self._figures(details["figures"])}
            self._answers[f"{path}/logs"] = await runs.logs(self._viewer, values)
        self._answers["/api/reasons"] = self._reasons([record["id"] for record in found["runs"]])

    async def _figures(self, figures: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
        """Keep the figures that runs are compared by, of the datasets whose previews were chosen."""
        chosen = {name: shown for name, shown in figures.items() if _path("preview", name) in self._answers}
        for name, shown in chosen.items():
            path = f"{_path('preview', name)}?version={shown['version']}"
            if shown["version"] is None or path in self._answers:
                continue
            if (found := await self._look(name, shown["version"])) is not None:
                self._answers[path] = found
        return chosen

    def _reasons(self, runs_: Sequence[str]) -> dict[str, Any]:
        """Return why nodes differ, for each pair of runs: a reader may compare any with any."""
        ledger = self._viewer.ledger()
        if ledger is None:
            return {}
        found = {f"{old} {new}": reasons_of_runs(ledger, [old, new]) for old, new in permutations(runs_, 2)}
        return {pair: reasons for pair, reasons in found.items() if reasons}


def _plotly() -> str:
    """Return Plotly, to lie in the page of a figure: a frame without an origin may load no file beside it."""
    return (STATIC / "plotly.min.js").read_text(encoding="utf-8").replace("</script", "<\\/script")


async def _or_none(answer: Awaitable[Any]) -> Any:
    with suppress(WorkbenchError, RequestError, PlaitError):
        return await answer
    return None


def _name(document: Mapping[str, Any], number: int) -> str:
    return str(document["elements"][number]["name"])


def _path(kind: str, name: str) -> str:
    return f"/api/{kind}/{quote(name)}"
