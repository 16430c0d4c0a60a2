from pathlib import Path

import pytest

from plait.catalog.locations import local_path, local_text

PATHS = [
    "x",
    "a/x.json",
    "./x",
    "a//x",
    "a/./x",
    "a/x/",
    "a/..",
    "../x",
    "~/x",
    "/abs",
    "file:///q",
    "a/.x",
    "a/.",
]


@pytest.mark.parametrize("path", [*PATHS, "a:b", "a\\b", "", ".", " x", "a/~"])
@pytest.mark.parametrize("root", [None, Path("/"), Path(), Path("/a"), Path("a/b"), Path("..")])
def test_the_text_of_a_local_path_is_what_a_path_would_say(path, root):
    assert local_text(path, root) == str(local_path(path, root))
