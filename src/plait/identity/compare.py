"""What differs between what a node depends on now and a trace: one reason each, in plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from plait.events import Reason
from plait.identity.components import SCHEMAS, Components, Environment, InputIdentity, Salt
from plait.identity.differing import differing
from plait.identity.manifest import SymbolDigest

__all__ = ["Comparison", "EnvPolicy", "compare"]

EnvPolicy = Literal["ignore", "warn", "reached", "lock"]

_MOST_FIELDS = 3  # fields of one parameter that are named


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the present compares with a trace.

    Attributes:
        reasons: what differs and makes the node run.
        notes: what differs and is only said: the environment under the policy ``warn``.
        adopted: components that the trace lacks, or has in another schema.
    """

    reasons: tuple[Reason, ...] = ()
    notes: tuple[Reason, ...] = ()
    adopted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Labels:
    symbols: Mapping[str, SymbolDigest]
    names: Mapping[str, str]


def compare(
    now: Components,
    then: Components,
    *,
    symbols: Mapping[str, SymbolDigest] | None = None,
    names: Mapping[str, str] | None = None,
    env_policy: EnvPolicy = "warn",
) -> Comparison:
    """Compare component by component.

    Args:
        symbols: the present manifest, for where a changed symbol is.
        names: location of an output → its name, for messages.
    """
    labels = _Labels(symbols or {}, names or {})
    reasons: list[Reason] = []
    adopted = []
    for component, differences in _COMPARED.items():
        ours, theirs = getattr(now, component), getattr(then, component)
        if ours is None:
            continue
        if not _comparable(component, now, then):
            adopted.append(component)
            continue
        if ours != theirs:
            reasons += differences(ours, theirs, labels)
    notes: list[Reason] = []
    if env_policy != "ignore" and now.env is not None:
        if not _comparable("env", now, then) or (env_policy == "lock" and _lacks_lock(then.env)):
            adopted.append("env")
        else:
            found = list(_environment(now.env, then.env, env_policy))
            (notes if env_policy == "warn" else reasons).extend(found)
    return Comparison(tuple(reasons), tuple(notes), tuple(adopted))


def _comparable(component: str, now: Components, then: Components) -> bool:
    if getattr(then, component) is None:
        return False
    default = SCHEMAS[component]
    return now.schemas.get(component, default) == then.schemas.get(component, default)


def _lacks_lock(env: Environment | None) -> bool:
    return env is None or env.lock is None


def _code(now: Mapping[str, str], then: Mapping[str, str], labels: _Labels) -> Iterator[Reason]:
    if now == then:
        return
    changed = [key for key, value in now.items() if key in then and then[key] != value]
    added = [key for key in now if key not in then]
    removed = [key for key in then if key not in now]
    # What is only reached by another way now is no news beside what changed to make it so.
    told = _told(changed, now, then) or changed
    if not told:
        moved = {then[key] for key in removed}
        fresh = [key for key in added if now[key] not in moved] or added
        told = [*fresh, *([] if fresh else removed)]
    seen = set()
    for key in told:
        symbol = labels.symbols.get(key)
        name = symbol.name if symbol is not None else key
        if name not in seen:
            seen.add(name)
            yield _code_reason(key, name, symbol, now.get(key), then.get(key))


def _told(keys: Sequence[str], now: Mapping[str, str], then: Mapping[str, str]) -> list[str]:
    return [key for key in keys if not (now[key].startswith("link:") or then[key].startswith("link:"))]


def _code_reason(
    key: str, name: str, symbol: SymbolDigest | None, now: str | None, then: str | None
) -> Reason:
    change = "changed" if now and then else "is new" if now else "is gone"
    if now and then and now.startswith("link:"):
        change = "is another one"
    details: dict[str, Any] = {"symbol": name, "key": key, "change": change, "now": now, "then": then}
    place = ""
    if symbol is not None:
        details |= {"file": symbol.file, "line": symbol.line, "via": list(symbol.via)}
        place = f" at {symbol.file}:{symbol.line}" if symbol.file and symbol.line else ""
    return Reason("code", f"{name} {change}{place}", details)


def _params(now: Mapping[str, Any], then: Mapping[str, Any], _: object) -> Iterator[Reason]:
    for name in sorted(now.keys() | then.keys()):
        ours, theirs = now.get(name), then.get(name)
        if ours is not None and theirs is not None and ours.digest == theirs.digest:
            continue
        details = {
            "parameter": name,
            "now": None if ours is None else ours.shown,
            "then": None if theirs is None else theirs.shown,
        }
        yield Reason("params", _change_of(f"parameter {name}", ours, theirs), details)


def _change_of(what: str, ours: Any, theirs: Any) -> str:
    if ours is None:
        return f"{what} is no longer used"
    if theirs is None:
        return f"{what} is used now"
    if ours.shown is None or theirs.shown is None or ours.shown == theirs.shown:
        return f"{what} changed"
    found = differing(theirs.shown, ours.shown)
    told = [f"{what}{one.path} changed: {one.then} → {one.now}" for one in found[:_MOST_FIELDS]]
    more = len(found) - _MOST_FIELDS
    return ", ".join(told) + (f" and {more} more" if more > 0 else "")


def _inputs(
    now: Mapping[str, InputIdentity], then: Mapping[str, InputIdentity], _: object
) -> Iterator[Reason]:
    for argument in sorted(now.keys() | then.keys()):
        ours, theirs = now.get(argument), then.get(argument)
        change = _input_change(ours, theirs)
        if change is None:
            continue
        either = ours or theirs
        assert either is not None
        details = {"argument": argument, "dataset": either.dataset, "change": change}
        yield Reason("input", _INPUT_TEXT[change].format(either.dataset, argument), details)


_INPUT_TEXT = {
    "gone": "argument '{1}' has no input any more",
    "new": "argument '{1}' now reads '{0}'",
    "data": "the data of '{0}' changed",
    "binding": "'{0}' is loaded in another way for argument '{1}'",
}


def _input_change(ours: InputIdentity | None, theirs: InputIdentity | None) -> str | None:
    if ours is None:
        return "gone"
    if theirs is None:
        return "new"
    if (
        ours.token is not None
        and ours.token != theirs.token
        and not _older_derivation(ours.token, theirs.token)
    ):
        return "data"
    return "binding" if ours.binding != theirs.binding else None


def _older_derivation(ours: str, theirs: str | None) -> bool:
    """Say whether two derived fingerprints cannot be compared, because another Plait made one of them."""
    if theirs is None or not (ours.startswith("derived-") and theirs.startswith("derived-")):
        return False
    return ours.partition(":")[0] != theirs.partition(":")[0]


def _spec(now: Mapping[str, str], then: Mapping[str, str], labels: _Labels) -> Iterator[Reason]:
    for output in sorted(now):
        if output in then and now[output] != then[output]:
            name = labels.names.get(output, output)
            yield Reason("spec", f"'{name}' is saved in another way", {"dataset": name})


def _salt(now: Salt, then: Salt, _: object) -> Iterator[Reason]:
    if now.version != then.version:
        text = f"version={now.version!r} on the node, it was {then.version!r}"
        yield Reason("version", text, {"now": now.version, "then": then.version})
    if now.seed != then.seed:
        text = f"the project seed is {now.seed}, it was {then.seed}"
        if then.seed is None:
            text = "the code reaches a random generator now"
        elif now.seed is None:
            text = "the code reaches no random generator any more"
        yield Reason("seed", text, {"now": now.seed, "then": then.seed})


def _environment(now: Environment, then: Environment | None, policy: EnvPolicy) -> Iterator[Reason]:
    assert then is not None
    if policy == "lock":
        if now.lock != then.lock:
            yield Reason("env", "the lock file changed", {"what": "lock"})
        return
    if now.python != then.python:
        yield _upgraded("Python", now.python, then.python)
    for name in sorted(now.versions.keys() & then.versions.keys()):
        if now.versions[name] != then.versions[name]:
            yield _upgraded(name, now.versions[name], then.versions[name])


def _upgraded(name: str, now: str, then: str) -> Reason:
    return Reason("env", f"{name} {then} → {now}", {"what": name, "now": now, "then": then})


_COMPARED: Mapping[str, Callable[[Any, Any, _Labels], Iterator[Reason]]] = {
    "code": _code,
    "params": _params,
    "inputs": _inputs,
    "spec": _spec,
    "salt": _salt,
}
