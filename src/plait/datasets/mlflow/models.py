"""Models in folders, in the format of MLflow: each library's own way to save, and how to load it again."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from plait.catalog.preview import Preview
from plait.catalog.registry import missing_library
from plait.datasets.previews import text_preview
from plait.errors import DatasetError, did_you_mean

__all__ = ["preview", "read", "write"]

_DESCRIPTION = "MLmodel"
_PYFUNC = "python_function"
# Libraries of which the flavour is called otherwise.
_FLAVORS: Mapping[str, str] = {"torch": "pytorch", "keras": "tensorflow", "mlflow": "pyfunc"}


def read(path: Path, flavor: str | None = None, **load_args: Any) -> Any:
    """Return the model in a folder.

    Args:
        flavor: how to load it, as ``sklearn``; ``pyfunc`` for MLflow's own ``predict``; by default as it was
            saved.
    """
    described = _described(path)
    found = [name for name in described.get("flavors", {}) if name != _PYFUNC]
    name = _bare(flavor) if flavor else (found[0] if found else "pyfunc")
    if name not in (*found, "pyfunc"):
        raise DatasetError(
            f"the model is not of flavour '{name}'",
            why=f"it is of {', '.join(found) or 'none but pyfunc'}",
            hint=did_you_mean(name, [*found, "pyfunc"]),
        )
    with _quietly():
        return _module(name).load_model(str(path), **load_args)


def write(data: Any, target: Path, flavor: str | None = None, **save_args: Any) -> None:
    """Save a model into an empty folder, so that the same model gives the same files.

    Args:
        flavor: how to save it, as ``sklearn``; by default what its class says.
        save_args: for ``save_model`` of the flavour. Requirements are those that it names by default; MLflow
            would find out others by loading the model in a process of its own, and by asking an index.
    """
    name = _bare(flavor) if flavor else _flavor_of(data)
    module = _module(name)
    if not {"pip_requirements", "conda_env", "extra_pip_requirements"} & save_args.keys():
        save_args["pip_requirements"] = _requirements(module)
    if name == "sklearn" and importlib.util.find_spec("skops") is None:
        save_args.setdefault("serialization_format", "cloudpickle")
    inside = target / "model"  # MLflow makes the folder itself
    with _quietly():
        if name == "pyfunc":
            module.save_model(path=str(inside), python_model=data, **save_args)
        else:
            module.save_model(data, path=str(inside), **save_args)
    for item in [*inside.iterdir()]:
        item.rename(target / item.name)
    inside.rmdir()
    _without_moment(target)


def preview(path: Path, limit: int, **_: Any) -> Preview:
    """Show how the model describes itself."""
    return text_preview(path / _DESCRIPTION, max(limit, 200))


def _described(path: Path) -> Mapping[str, Any]:
    import yaml

    file = path / _DESCRIPTION
    if not file.is_file():
        raise DatasetError(f"'{path.name}' holds no model of MLflow", why=f"it has no file '{_DESCRIPTION}'")
    return yaml.safe_load(file.read_text(encoding="utf-8")) or {}


def _bare(flavor: str) -> str:
    return flavor.removeprefix("mlflow.")


def _flavor_of(data: Any) -> str:
    """Return the flavour of the library that a model's class, or one it is derived from, is of."""
    for kind in type(data).__mro__:
        library = kind.__module__.partition(".")[0]
        name = _FLAVORS.get(library, library)
        if library != "builtins" and importlib.util.find_spec("mlflow") is None:
            raise missing_library("mlflow", "type 'mlflow.Model'")
        if library != "builtins" and importlib.util.find_spec(f"mlflow.{name}") is not None:
            return name
    raise DatasetError(
        f"MLflow has no flavour for a {type(data).__module__}.{type(data).__qualname__}",
        hint="say `flavor: …`, or derive its class from mlflow.pyfunc.PythonModel",
    )


def _module(name: str) -> Any:
    try:
        module = importlib.import_module(f"mlflow.{name}")
    except ModuleNotFoundError as error:
        if error.name == f"mlflow.{name}":
            raise DatasetError(
                f"MLflow has no flavour '{name}'", hint="its flavours are called like their libraries"
            ) from error
        raise missing_library(error.name or "mlflow", f"flavour '{name}' of MLflow") from error
    if not hasattr(module, "load_model"):
        raise DatasetError(f"MLflow has no flavour '{name}'", why=f"mlflow.{name} loads no models")
    return module


def _requirements(module: Any) -> list[str]:
    found = getattr(module, "get_default_pip_requirements", None)
    return [] if found is None else list(found())


def _without_moment(folder: Path) -> None:
    """Give the model an identity from its content: MLflow's are of the clock, and differ at each save."""
    import yaml

    described = {**_described(folder)}
    described.pop("utc_time_created", None)
    described.pop("model_uuid", None)
    digest = hashlib.sha256(yaml.safe_dump(described).encode())
    for file in sorted(item for item in folder.rglob("*") if item.is_file() and item.name != _DESCRIPTION):
        digest.update(f"\0{file.relative_to(folder).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    described["model_uuid"] = digest.hexdigest()[:32]
    (folder / _DESCRIPTION).write_text(yaml.safe_dump(described), encoding="utf-8")


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep MLflow's warnings about pickles and pip away: what they advise is decided above."""
    logger = logging.getLogger("mlflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
