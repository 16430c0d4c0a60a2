"""Edits to a small package, each with whether it changes what its node function does.

Run as a program: ``edit_matrix.py FOLDER`` writes every edited package below FOLDER, takes the manifest of
``shop.nodes.train`` in each, and prints name → digest as JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

NODES = '''
"""Nodes."""
import json
import re
from functools import lru_cache, partial
from math import sqrt as root

import shop.more
from shop import helpers
from shop.helpers import LIMIT, clean
from shop.models import Model, Options

SCALES = {"a": 1, "b": 2}
WORDS = re.compile("a+")
TEN = 10
STEPS = [clean, helpers.double]
client = Model(3).connect()


def logged(prefix):
    def decorate(function):
        def wrapper(*args):
            print(prefix)
            return function(*args)
        return wrapper
    return decorate


@logged("x")
def noisy(value):
    return value + 1


@lru_cache(maxsize=8)
def cached(value):
    return value * 2


def even(n):
    return True if n == 0 else odd(n - 1)


def odd(n):
    return False if n == 0 else even(n - 1)


def first(value):
    return value - 1


def second(value):
    return value - 2


def unrelated(value):
    return value


def make_scaler(factor):
    def scale(value):
        return value * factor
    return scale


scaler = make_scaler(3)
shift = lambda value: value + 5
third = partial(clean, limit=3)


def train(frame, size=TEN, *, mode="fast"):
    """Train."""
    from shop.late import lately
    import shop.later as later

    # a comment
    total = 0
    for row in frame:
        total += clean(row) + helpers.double(row) + noisy(row) + cached(row)
    if even(total):
        total += first(1) - second(2)
    options = Options(3)
    model = Model(total)
    names = [name for name in SCALES if WORDS.match(name)]
    steps = [step(1) for step in STEPS]
    return (
        scaler(shift(third(1))), model.fit(options), names, json.dumps(steps), root(LIMIT),
        lately(), later.much(), shop.more.extra(), client.send(), size, mode
    )
'''

HELPERS = '''
import os

LIMIT = 3
UNUSED = 4
DATA = os.path.dirname(__file__)


def clean(value, limit=2):
    """Clean."""
    return tidy(value)[:limit]


def tidy(value: int) -> str:
    return str(value) + SUFFIX + DATA


SUFFIX = "!"


def double(value):
    return value * 2


def idle():
    return 0
'''

MODELS = """
from dataclasses import dataclass, field
from shop.helpers import idle


@dataclass
class Options:
    depth: int
    width: int = 2

    def area(self):
        return self.depth * self.width


class Base:
    def fit(self, options):
        return options.area()


class Model(Base):
    def __init__(self, size):
        self.size = size

    def connect(self):
        return self

    def send(self):
        return self.size

    @property
    def volume(self):
        return self.size ** 3


class Apart:
    pass
"""

LATE = """
from shop.latest import deeper

AMOUNT = 5


def lately():
    return deeper() + AMOUNT


def never():
    return 1
"""

PROJECT = {
    "shop/__init__.py": "",
    "shop/nodes.py": NODES,
    "shop/helpers.py": HELPERS,
    "shop/models.py": MODELS,
    "shop/late.py": LATE,
    "shop/later.py": "def much():\n    return 7\n\n\ndef little():\n    return 8\n",
    "shop/latest.py": "def deeper():\n    return 1\n",
    "shop/more.py": "def extra():\n    return 2\n\n\ndef spare():\n    return 2\n",
}

Edit = Callable[[dict[str, str]], None]


def swap(file: str, before: str, after: str, count: int = 1) -> Edit:
    def edit(project: dict[str, str]) -> None:
        assert before in project[file], (file, before)
        project[file] = project[file].replace(before, after, count)

    return edit


def both(*edits: Edit) -> Edit:
    def edit(project: dict[str, str]) -> None:
        for each in edits:
            each(project)

    return edit


def nodes(before: str, after: str) -> Edit:
    return swap("shop/nodes.py", before, after)


def helpers(before: str, after: str) -> Edit:
    return swap("shop/helpers.py", before, after)


def models(before: str, after: str) -> Edit:
    return swap("shop/models.py", before, after)


def move_tidy(project: dict[str, str]) -> None:
    text = 'def tidy(value: int) -> str:\n    return str(value) + SUFFIX + DATA\n\n\nSUFFIX = "!"\n'
    helpers(text, "from shop.tidying import tidy\n")(project)
    project["shop/tidying.py"] = "from shop.helpers import DATA\n" + text
    helpers("import os\n", "import os\nDATA = os.path.dirname(__file__)\n")(project)


SAME: dict[str, Edit] = {
    "nothing": lambda project: None,
    "comment": nodes("# a comment", "# another, longer comment"),
    "docstring of the node": nodes('"""Train."""', '"""Train it well."""'),
    "docstring gone": nodes('    """Train."""\n', ""),
    "docstring of a helper": helpers('"""Clean."""', '"""Wash."""'),
    "module docstring": nodes('"""Nodes."""', '"""All nodes."""'),
    "formatting": nodes("total += first(1) - second(2)", "total += (first( 1 )\n            - second(2))"),
    "quotes": helpers('SUFFIX = "!"', "SUFFIX = '!'"),
    "moved lines": nodes("def first(value)", "\n\n\n\ndef first(value)"),
    "order of functions": both(
        nodes("def unrelated(value):\n    return value\n\n\n", ""),
        nodes("def first(value)", "def unrelated(value):\n    return value\n\n\ndef first(value)"),
    ),
    "annotation of a helper": helpers("def tidy(value: int) -> str", "def tidy(value: 'float')"),
    "annotation of a variable": nodes("    total = 0\n", "    total: int = 0\n"),
    "unrelated function": nodes(
        "def unrelated(value):\n    return value", "def unrelated(value):\n    return 0"
    ),
    "unrelated function of a helper module": helpers("return 0", "return 1"),
    "unrelated constant": helpers("UNUSED = 4", "UNUSED = 5"),
    "unrelated class": models("class Apart:\n    pass", "class Apart:\n    x = 1"),
    "unused import of a used class's module": models(
        "from shop.helpers import idle", "from shop.helpers import double"
    ),
    "new import": nodes("import json\n", "import json\nimport csv\n"),
    "new import in a helper": helpers("import os\n", "import os\nimport csv\n"),
    "sibling of a function imported inside": swap("shop/late.py", "return 1", "return 2"),
    "sibling in a module imported inside": swap("shop/later.py", "return 8", "return 9"),
    "sibling in a module reached by its full name": swap(
        "shop/more.py", "def spare():\n    return 2", "def spare():\n    return 3"
    ),
    "new function": nodes("def first(value)", "def brand_new():\n    return 1\n\n\ndef first(value)"),
    "number written otherwise": nodes("TEN = 10", "TEN = 0xA"),
    "function moved to another module": move_tidy,
    "node's function renamed": nodes("def train(", "def learn("),
    "project copied elsewhere": swap("shop/__init__.py", "", "# it lies in a folder of its own"),
    "type comment": nodes("    total = 0\n", "    total = 0  # type: int\n"),
    "semicolon": nodes(
        "    options = Options(3)\n    model = Model(total)\n",
        "    options = Options(3); model = Model(total)\n",
    ),
}

CHANGED: dict[str, Edit] = {
    "own body": nodes("total = 0", "total = 1"),
    "renamed local variable": both(
        nodes("model = Model(total)", "fitted = Model(total)"), nodes("model.fit", "fitted.fit")
    ),
    "helper in the same module": nodes("return value - 1", "return value - 3"),
    "helper in another module": helpers("return tidy(value)[:limit]", "return tidy(value)[1:limit]"),
    "helper of a helper": helpers("return str(value)", "return repr(value)"),
    "helper through its module": helpers("return value * 2", "return value * 3"),
    "two helpers swap bodies": both(
        nodes("return value - 1", "return value - 9"),
        nodes("return value - 2", "return value - 1"),
        nodes("return value - 9", "return value - 2"),
    ),
    "constant": helpers("LIMIT = 3", "LIMIT = 4"),
    "constant of a helper": helpers('SUFFIX = "!"', 'SUFFIX = "?"'),
    "type of a constant": helpers("LIMIT = 3", "LIMIT = 3.0"),
    "dict": nodes('"b": 2', '"b": 3'),
    "order of a dict": nodes('{"a": 1, "b": 2}', '{"b": 2, "a": 1}'),
    "list of functions": nodes("STEPS = [clean, helpers.double]", "STEPS = [helpers.double, clean]"),
    "default argument": nodes('mode="fast"', 'mode="slow"'),
    "default through a constant": nodes("TEN = 10", "TEN = 11"),
    "decorator": nodes("print(prefix)", "print(prefix, 1)"),
    "argument of a decorator": nodes('@logged("x")', '@logged("y")'),
    "decorated function": nodes("return value + 1", "return value + 11"),
    "decorator removed": nodes('@logged("x")\n', ""),
    "cached function": nodes(
        "def cached(value):\n    return value * 2", "def cached(value):\n    return value * 4"
    ),
    "closure": nodes("make_scaler(3)", "make_scaler(4)"),
    "function around a closure's result": nodes("return value * factor", "return value / factor"),
    "lambda": nodes("value + 5", "value + 6"),
    "argument of a partial": nodes("partial(clean, limit=3)", "partial(clean, limit=4)"),
    "function of a partial": nodes("partial(clean, limit=3)", "partial(first, limit=3)"),
    "class": models("self.size = size", "self.size = size + 1"),
    "method": models("return self.size\n", "return self.size + 1\n"),
    "property": models("self.size ** 3", "self.size ** 2"),
    "base class": models("return options.area()", "return options.area() + 1"),
    "bases": both(
        models("class Apart:\n    pass\n", ""),
        models("class Model(Base)", "class Apart:\n    pass\n\n\nclass Model(Base, Apart)"),
    ),
    "default of a dataclass field": models("width: int = 2", "width: int = 3"),
    "type of a dataclass field": models("depth: int", "depth: float"),
    "method of a dataclass": models("self.depth * self.width", "self.depth + self.width"),
    "function imported inside": swap("shop/late.py", "deeper() + AMOUNT", "deeper() - AMOUNT"),
    "constant of a function imported inside": swap("shop/late.py", "AMOUNT = 5", "AMOUNT = 6"),
    "two imports below a function imported inside": swap("shop/latest.py", "return 1", "return 2"),
    "module imported inside": swap("shop/later.py", "return 7", "return 8"),
    "module by its full name": swap(
        "shop/more.py", "def extra():\n    return 2", "def extra():\n    return 3"
    ),
    "compiled pattern": nodes('re.compile("a+")', 're.compile("a*")'),
    "flags of a pattern": nodes('re.compile("a+")', 're.compile("a+", re.I)'),
    "mutual recursion, near": nodes("True if n == 0 else odd", "True if n == 1 else odd"),
    "mutual recursion, far": nodes("False if n == 0 else even", "False if n == 1 else even"),
    "object made by a statement": nodes("client = Model(3).connect()", "client = Model(4).connect()"),
    "what a name is imported from": nodes("from math import sqrt as root", "from math import cbrt as root"),
    "import inside from elsewhere": nodes(
        "from shop.late import lately", "from shop.more import extra as lately"
    ),
    "string that looks the same": nodes('"fast"', '"fast "'),
    "integer or text": nodes("first(1)", 'first("1")'),
    "operator": nodes("first(1) - second(2)", "first(1) + second(2)"),
}


def write(folder: Path, project: dict[str, str]) -> None:
    for name, text in project.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


def manifest(folder: Path, cache: Path) -> dict[str, object]:
    from plait.identity import Codebase

    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]
    importlib.invalidate_caches()
    sys.path.insert(0, str(folder))
    try:
        nodes_module = importlib.import_module("shop.nodes")
        function = getattr(nodes_module, "train", None) or nodes_module.learn
        found = Codebase(folder, folder=cache).manifest(function)
    finally:
        sys.path.remove(str(folder))
    assert not found.problems, found.problems
    return {"digest": found.digest, "symbols": dict(found.digests)}


def main(folder: Path) -> None:
    sys.dont_write_bytecode = True
    results = {}
    for number, (name, edit) in enumerate({**SAME, **CHANGED}.items()):
        project = dict(PROJECT)
        edit(project)
        place = folder / str(number)
        write(place, project)
        results[name] = manifest(place, folder / "cache")
    print(json.dumps(results))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
