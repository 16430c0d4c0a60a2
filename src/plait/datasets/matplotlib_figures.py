"""Matplotlib figures, written so that the same figure gives the same bytes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import matplotlib as mpl
import matplotlib.figure

from plait.catalog.preview import Preview
from plait.datasets.refusals import unfit
from plait.datasets.sources import Source, suffix_of
from plait.errors import DatasetError

_NO_TIMES: Mapping[str, dict[str, None]] = {
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None},
    ".eps": {},
}


def read(source: Source, **_: Any) -> NoReturn:  # noqa: ARG001
    raise DatasetError(
        "a figure can be saved and looked at, but not loaded back",
        hint="annotate the argument with `pathlib.Path` to get the file, or use `type: image` for its pixels",
    )


def write(data: Any, target: Path, overwrite: bool = True, **save_args: Any) -> None:  # noqa: ARG001
    """Save a figure to a file, or a list or dictionary of figures into a folder.

    Kedro's ``overwrite`` is accepted: a save always replaces the whole folder.
    """
    if isinstance(data, list):
        data = {f"{number}.png": figure for number, figure in enumerate(data)}
    if not isinstance(data, dict):
        _write_one(data, target, save_args)
        return
    target.mkdir(exist_ok=True)
    for name, figure in data.items():
        file = _below(target, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        _write_one(figure, file, save_args)


def preview(source: Source, limit: int, **_: Any) -> Preview:
    """Show a figure, or the names of those in a folder."""
    if isinstance(source, Path) and source.is_dir():
        from plait.datasets import paths

        return paths.preview(source, limit)
    if suffix_of(source) == ".svg" and isinstance(source, Path):
        return Preview("image", source.read_bytes(), complete=True, media_type="image/svg+xml")
    if suffix_of(source) in (".pdf", ".eps", ".ps"):
        return Preview("text", f"a {suffix_of(source)[1:].upper()} document", complete=False)
    from plait.datasets import images

    return images.preview(source, limit)


def _below(folder: Path, name: str) -> Path:
    file = folder / name
    if not file.resolve().is_relative_to(folder.resolve()) or file == folder:
        raise DatasetError(
            f"the figure name {name!r} leads out of its folder", hint="use plain relative names"
        )
    return file


def _write_one(data: Any, target: Path, save_args: Mapping[str, Any]) -> None:
    figure = _figure(data)
    metadata = {**_NO_TIMES.get(suffix_of(target), {}), **save_args.get("metadata", {})}
    with _fixed_names(target):
        figure.savefig(target, **{**save_args, **({"metadata": metadata} if metadata else {})})
    # Figures made through pyplot live until they are closed; a long run would keep them all.
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None and isinstance(figure, mpl.figure.Figure):
        pyplot.close(figure)


@contextmanager
def _fixed_names(target: Path) -> Iterator[None]:
    """Name the parts of an SVG picture alike at every save; a global setting, so only for those."""
    if suffix_of(target) != ".svg":
        yield
        return
    with mpl.rc_context({"svg.hashsalt": "plait"}):
        yield


def _figure(data: Any) -> Any:
    """Return the figure of a figure, of axes, of a seaborn grid, or of pyplot itself."""
    if getattr(data, "__name__", None) == "matplotlib.pyplot":
        return data.gcf()
    if hasattr(data, "savefig"):
        return getattr(data, "figure", data)
    if hasattr(getattr(data, "figure", None), "savefig"):
        return data.figure
    raise unfit("a figure file takes a Matplotlib figure, or a list or dictionary of them", data)
