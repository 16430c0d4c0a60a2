"""The pipelines of a project: registered by ``register_pipelines()``, or found under ``pipelines/``.

Found pipelines are imported one by one when they are asked for; ``__default__`` is the sum of all.
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from plait.errors import (
    PipelineNotFoundError,
    PlaitError,
    Problems,
    ProjectError,
    close_matches,
    did_you_mean,
)
from plait.pipeline import Pipeline
from plait.project.imports import Sources
from plait.project.own_frames import last_place, own_traceback

__all__ = ["DEFAULT", "Pipelines", "find_pipelines", "load_pipelines", "user_code"]

DEFAULT = "__default__"
_REGISTRY = "pipeline_registry"


class Pipelines(Mapping[str, Pipeline]):
    """Pipelines by name, each made when it is first asked for."""

    def __init__(self, makers: Mapping[str, Callable[[], Pipeline]]) -> None:
        self._makers = dict(makers)
        self._made: dict[str, Pipeline] = {}
        self._lock = threading.RLock()

    def reading_through(self, references: Callable[[str], Iterable[str]]) -> Pipelines:
        """Return the same pipelines, whose nodes also wait for what their inputs refer to.

        Args:
            references: gives the datasets that a dataset refers to.
        """
        names = dict.fromkeys(self._makers)
        return Pipelines({name: partial(self._completed, name, references) for name in names})

    def _completed(self, name: str, references: Callable[[str], Iterable[str]]) -> Pipeline:
        return self[name].reading_through(references)

    @classmethod
    def of(cls, made: Mapping[str, Pipeline]) -> Pipelines:
        """Return pipelines that are there already."""
        pipelines = cls(dict.fromkeys(made, _never))
        pipelines._made |= made
        return pipelines

    def __getitem__(self, name: str) -> Pipeline:
        with self._lock:
            if name not in self._made:
                self._made[name] = self._make(name)
            return self._made[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._makers
        if DEFAULT not in self._makers:
            yield DEFAULT

    def __len__(self) -> int:
        return len(self._makers) + (DEFAULT not in self._makers)

    def __contains__(self, name: object) -> bool:
        return name in self._makers or name == DEFAULT

    def __repr__(self) -> str:
        return f"Pipelines({', '.join(self)})"

    @property
    def made(self) -> Mapping[str, Pipeline]:
        """Those that were asked for so far."""
        return dict(self._made)

    @property
    def named(self) -> list[str]:
        """The names besides ``__default__``."""
        return [name for name in self._makers if name != DEFAULT]

    def _make(self, name: str) -> Pipeline:
        if name in self._makers:
            return self._makers[name]()
        if name == DEFAULT:
            return self._sum()
        raise PipelineNotFoundError(
            f"There is no pipeline '{name}'",
            hint=did_you_mean(name, self) or "pipelines are: " + ", ".join(self),
        )

    def _sum(self) -> Pipeline:
        made: list[Pipeline] = []
        problems: list[PlaitError] = []
        for name in self._makers:
            try:
                made.append(self[name])
            except PlaitError as error:
                problems.append(error)
        if problems:
            raise problems[0] if len(problems) == 1 else Problems(problems)
        return Pipeline(made)


def _never() -> Pipeline:
    raise AssertionError("made already")


def load_pipelines(sources: Sources, package: str, root: Path) -> Pipelines:
    """Return the pipelines of a package: its registry's if it has one, else those in its folders.

    Raises:
        ProjectError: there is no such package, or its registry cannot be imported or returns something else.
    """
    folder = sources.folder / Path(*package.split("."))
    if not folder.is_dir():
        raise _no_package(sources.folder, package, root)
    if sources.exists(f"{package}.{_REGISTRY}"):
        return _registered(sources, package, root)
    return Pipelines(_found(sources, package, root, folder))


def _no_package(source: Path, package: str, root: Path) -> ProjectError:
    there = [place.name for place in source.iterdir() if place.is_dir()] if source.is_dir() else []
    shown = str(source / package).removeprefix(f"{root}/")
    return ProjectError(
        f"The package '{package}' has no folder '{shown}'",
        where="pyproject.toml, [tool.plait]",
        hint=did_you_mean(package, there) or "correct 'package' or 'source' there",
    )


def find_pipelines(raise_errors: bool = True) -> dict[str, Pipeline]:
    """Return the pipelines in the folder ``pipelines`` of the package that calls, and their sum.

    For use in ``register_pipelines()``. With ``raise_errors=False`` those that cannot be made are left out.
    """
    caller = sys._getframe(1).f_globals
    package = str(caller.get("__package__") or caller["__name__"]).partition(".")[0]
    folder = Path(str(sys.modules[package].__file__)).parent
    found = Pipelines(_found(Sources(folder.parent), package, folder.parent.parent, folder))
    if raise_errors:
        _ = found[DEFAULT]  # which tells of all that cannot be made, not of the first alone
        return dict(found)
    return {name: made for name in found if (made := _or_none(found, name)) is not None}


def _or_none(found: Pipelines, name: str) -> Pipeline | None:
    try:
        return found[name]
    except PlaitError:
        return None


def _found(sources: Sources, package: str, root: Path, folder: Path) -> dict[str, Callable[[], Pipeline]]:
    makers: dict[str, Callable[[], Pipeline]] = {}
    if (folder / "pipeline.py").is_file():
        makers[DEFAULT] = _maker(sources, f"{package}.pipeline", "the pipeline", root)
    pipelines = folder / "pipelines"
    for place in sorted(pipelines.iterdir()) if pipelines.is_dir() else ():
        if name := _pipeline_name(place):
            makers[name] = _maker(sources, f"{package}.pipelines.{name}", f"pipeline '{name}'", root)
    return makers


def _pipeline_name(place: Path) -> str | None:
    """Return the name if a file or folder under ``pipelines`` can hold a pipeline."""
    if place.name.startswith((".", "_")):
        return None
    if place.is_dir():
        holds = any((place / name).is_file() for name in ("pipeline.py", "__init__.py"))
        return place.name if holds and place.name.isidentifier() else None
    return place.stem if place.suffix == ".py" and place.stem.isidentifier() else None


def _maker(sources: Sources, module: str, title: str, root: Path) -> Callable[[], Pipeline]:
    def make() -> Pipeline:
        with user_code(f"{title[0].upper()}{title[1:]} cannot be made", title, root):
            holder = _holder(sources, module)
        create = getattr(holder, "create_pipeline", None)
        if not callable(create):
            raise _no_creator(holder, title, root)
        _refuse_arguments(create, title, root)
        with user_code(f"{title[0].upper()}{title[1:]} cannot be made", title, root):
            made = create()
        if not isinstance(made, Pipeline):
            given = "nothing" if made is None else f"a {type(made).__name__}"
            raise ProjectError(
                f"create_pipeline() of {title} returned {given}",
                where=_place_of(create, root),
                hint="return pipeline([node(…), …])",
            )
        return made

    return make


def _holder(sources: Sources, name: str) -> ModuleType:
    """Return the module that should hold ``create_pipeline()``."""
    module = sources.load(name)
    if not hasattr(module, "create_pipeline") and sources.exists(f"{name}.pipeline"):
        return sources.load(f"{name}.pipeline")
    return module


def _no_creator(module: ModuleType, title: str, root: Path) -> ProjectError:
    functions = [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__
    ]
    other = getattr(module, "create_pipeline", None)
    return ProjectError(
        f"{title} has no create_pipeline()"
        if other is None
        else f"create_pipeline of {title} is a {type(other).__name__}, not a function",
        where=_relative(module, root),
        hint=_renamed(functions) or "write def create_pipeline() -> Pipeline: return pipeline([node(…), …])",
    )


def _renamed(functions: list[str]) -> str | None:
    close = close_matches("create_pipeline", functions, 1)
    return f"rename {close[0]}: def create_pipeline() -> Pipeline" if close else None


def _refuse_arguments(create: Callable[..., Any], title: str, root: Path) -> None:
    """Refuse what cannot be called without arguments; Kedro's ``**kwargs`` may be there."""
    try:
        signature = inspect.signature(create)
    except (TypeError, ValueError):
        return
    needed = [
        item.name
        for item in signature.parameters.values()
        if item.default is item.empty and item.kind not in (item.VAR_POSITIONAL, item.VAR_KEYWORD)
    ]
    if needed:
        raise ProjectError(
            f"create_pipeline() of {title} wants an argument: {', '.join(needed)}",
            where=_place_of(create, root),
            why="Plait calls it without any, so that the pipeline is the same in every run",
            hint="give it a default, or take what differs between runs from parameters and the environment",
        )


def _place_of(function: Callable[..., Any], root: Path) -> str:
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return str(function)
    return f"{code.co_filename}:{code.co_firstlineno}".removeprefix(f"{root}/")


def _registered(sources: Sources, package: str, root: Path) -> Pipelines:
    name = f"{package}.{_REGISTRY}"
    with user_code("The pipelines cannot be made", "pipeline_registry.py", root):
        module = sources.load(name)
        _refuse_kedro_finder(module, root)
        register = getattr(module, "register_pipelines", None)
        made: Any = register() if callable(register) else None
    if not callable(register):
        raise ProjectError(
            "pipeline_registry.py has no register_pipelines()",
            where=_relative(module, root),
            hint="write one that returns a dictionary, or delete the file: pipelines/ is searched then",
        )
    _refuse_wrong_registry(made, _relative(module, root))
    return Pipelines.of(made)


def _refuse_kedro_finder(module: ModuleType, root: Path) -> None:
    found = getattr(module, "find_pipelines", None)
    if str(getattr(found, "__module__", "")).startswith("kedro."):
        raise ProjectError(
            "pipeline_registry.py imports Kedro's find_pipelines, which needs a Kedro project",
            where=_relative(module, root),
            hint="write `from plait.project import find_pipelines`, or delete the file: "
            "pipelines/ is searched then",
        )


def _refuse_wrong_registry(made: object, where: str) -> None:
    if not isinstance(made, Mapping):
        raise ProjectError(
            f"register_pipelines() returned a {type(made).__name__}",
            where=where,
            hint='return a dictionary: {"name": Pipeline}',
        )
    wrong = {name: value for name, value in made.items() if not isinstance(value, Pipeline)}
    if wrong:
        name, value = next(iter(wrong.items()))
        raise ProjectError(
            f"register_pipelines() gives a {type(value).__name__} for '{name}'",
            where=where,
            hint="give a Pipeline for each name",
        )


def _relative(module: ModuleType, root: Path) -> str:
    file = module.__file__ or module.__name__
    return file.removeprefix(f"{root}/")


class user_code:  # noqa: N801 - a context manager that reads as a verb
    """Turn what the user's own code raises into a ProjectError that shows their frames only."""

    def __init__(self, what: str, title: str, root: Path) -> None:
        self._what, self._title, self._root = what, title, root

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, frames: Any) -> None:
        if error is None or isinstance(error, KeyboardInterrupt):
            return
        place = last_place(error)
        place = place.removeprefix(f"{self._root}/") if place else self._title
        if isinstance(error, PlaitError):
            told = [where.removeprefix(f"{self._root}/") for where in error.where]
            places = [] if any(where.startswith(place) for where in told) else [place]
            error.where = (*told, *places, *([self._title] if self._title != place else []))
            return
        if isinstance(error, Exception | SystemExit):
            raise ProjectError(
                self._what, where=place, why=own_traceback(error).replace(f"{self._root}/", "")
            ) from error
