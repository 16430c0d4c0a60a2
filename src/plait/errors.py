"""What can go wrong, in one tree.

    PlaitError
    ├── NodeError (ValueError)              a node is defined wrongly
    │   └── SignatureError (TypeError)      its inputs do not fit its function
    ├── PipelineError                       nodes do not fit together
    │   ├── OutputNotUniqueError
    │   ├── ConfirmNotUniqueError
    │   ├── CircularDependencyError
    │   └── SelectionError (ValueError)     a name or selector picks nothing
    ├── ConfigError                         a configuration file, value or override
    │   ├── MissingConfigException
    │   └── ParameterError (ValueError)     parameters that violate their declared types
    ├── CatalogError                        the catalog itself, before any data is touched
    │   ├── CredentialsError (KeyError)
    │   └── MissingLibraryError (ImportError)
    ├── DatasetError                        data could not be loaded or saved
    │   ├── DatasetNotFoundError
    │   ├── VersionNotFoundError
    │   └── VersionAlreadyExistsError
    ├── ProjectError                        a project cannot be opened
    │   └── PipelineNotFoundError
    ├── UsageError (ValueError)             a command or a call was put together wrongly
    ├── KeysError                           partitions of a node failed or lack a partner
    ├── WorkerError                         a worker process died, hung or lost what it held
    ├── LedgerError                         the record of runs cannot be written
    ├── RunError                            nodes failed; carries the result
    └── Problems                            several of the above, found together

A message says what is wrong, where, why, and what to do next; each part is also an attribute.
Where Kedro raises a built-in exception for the same mistake, the class here is one too.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

__all__ = [
    "CatalogError",
    "CircularDependencyError",
    "ConfigError",
    "ConfirmNotUniqueError",
    "CredentialsError",
    "DatasetError",
    "DatasetNotFoundError",
    "KeysError",
    "LedgerError",
    "MissingConfigException",
    "MissingLibraryError",
    "NodeError",
    "OutputNotUniqueError",
    "ParameterError",
    "PipelineError",
    "PipelineNotFoundError",
    "PlaitError",
    "Problems",
    "ProjectError",
    "RunError",
    "RunNotFoundError",
    "SelectionError",
    "SignatureError",
    "UsageError",
    "VersionAlreadyExistsError",
    "VersionNotFoundError",
    "WorkerError",
    "close_matches",
    "did_you_mean",
]


class PlaitError(Exception):
    """Base of every error Plait raises on purpose.

    Args:
        what: one sentence, without a full stop, that names the thing that is wrong.
        where: places to look at, such as ``conf/base/catalog.yml:12`` or ``node 'train'``.
        why: what was found, or what the layer below said.
        hint: what to do next, best a command.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | Sequence[str] = (),
        why: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where: tuple[str, ...] = (where,) if isinstance(where, str) else tuple(where)
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        lines = [self.what]
        lines += [f"  at {place}" for place in self.where]
        lines += _labelled("  ", self.why)
        lines += _labelled("  → ", self.hint)
        return "\n".join(lines)

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions pickle by their args alone; errors cross process borders with all their parts.
        return _rebuild, (type(self), self.args, self.__dict__.copy())


def _rebuild(cls: type[PlaitError], args: tuple[Any, ...], state: dict[str, Any]) -> PlaitError:
    error = cls.__new__(cls, *args)
    Exception.__init__(error, *args)
    error.__dict__.update(state)
    return error


def _labelled(prefix: str, text: str | None) -> list[str]:
    if not text:
        return []
    first, *rest = text.splitlines()
    indent = " " * len(prefix)
    return [prefix + first, *(indent + line for line in rest)]


class NodeError(PlaitError, ValueError):
    """A node is defined wrongly."""


class SignatureError(NodeError, TypeError):
    """The inputs of a node do not fit the signature of its function."""


class PipelineError(PlaitError):
    """Nodes do not fit together, or a modular pipeline is mapped wrongly."""


class OutputNotUniqueError(PipelineError):
    """Two nodes produce the same dataset."""


class ConfirmNotUniqueError(PipelineError):
    """Two nodes confirm the same dataset."""


class CircularDependencyError(PipelineError):
    """The nodes of a pipeline wait for each other."""


class SelectionError(PipelineError, ValueError):
    """A name, filter or selector is unknown or picks nothing."""


class ConfigError(PlaitError):
    """A configuration file, value, interpolation or override is wrong."""


class MissingConfigException(ConfigError):  # noqa: N818 - Kedro's name
    """A configuration folder or file that was asked for does not exist."""


class ParameterError(ConfigError, ValueError):
    """Parameters are missing or violate their declared types; ``parameter`` is the dotted name of one."""

    parameter: str | None = None


class CatalogError(PlaitError):
    """An entry of the catalog is wrong; no data was touched."""


class CredentialsError(CatalogError, KeyError):
    """Credentials that an entry names do not exist."""

    __str__ = PlaitError.__str__  # KeyError would print the representation


class MissingLibraryError(CatalogError, ImportError):
    """A library that an entry or a feature needs is not installed."""


class DatasetError(PlaitError):
    """Data could not be loaded or saved."""


class DatasetNotFoundError(DatasetError):
    """A dataset is not in the catalog."""


class VersionNotFoundError(DatasetError):
    """A versioned dataset has no such version."""


class VersionAlreadyExistsError(DatasetError):
    """A version would be written twice."""


class ProjectError(PlaitError):
    """A project cannot be found, opened or imported."""


class PipelineNotFoundError(ProjectError):
    """The project has no pipeline of that name."""


class UsageError(PlaitError, ValueError):
    """A command or a call was put together wrongly."""


class RunNotFoundError(UsageError):
    """No run of the ledger, or more than one, goes by that name."""


class WorkerError(PlaitError):
    """A worker process died, took too long, or lost what it held."""


class KeysError(PlaitError):
    """Keys of a partitioned node failed, or have no partner in another input."""


class LedgerError(PlaitError):
    """The record of runs cannot be written."""


class RunError(PlaitError):
    """Nodes of a run failed. ``result`` is the :class:`~plait.RunResult`."""

    result: Any = None


class Problems(PlaitError):  # noqa: N818
    """Several problems that were found together, in the order a reader would look for them."""

    def __init__(self, problems: Iterable[PlaitError]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[Any, ...]:
        return Problems, (self.problems,)


def close_matches(word: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Return the names in ``known`` that a person may have meant by ``word``, best first."""
    names = sorted(set(known))
    folded = {name.casefold(): name for name in names}
    exact = folded.get(word.casefold())
    found = difflib.get_close_matches(word, names, n=limit, cutoff=0.6)
    if exact is not None and exact not in found:
        found.insert(0, exact)
    tail = [name for name in names if name.endswith("." + word) and name not in found]
    return (found + tail)[:limit]


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return ``did you mean 'a' or 'b'?``, or None when nothing is close."""
    matches = close_matches(word, known)
    if not matches:
        return None
    return "did you mean " + " or ".join(f"'{match}'" for match in matches) + "?"
