"""Pages that look the same each time, and how alike two of them are."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote, unquote

from PIL import Image, ImageChops

_RUN = re.compile(r"\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d\.\d{3}Z")
_DIGEST = re.compile(r"\b(sha256(?:-tree)?:)[0-9a-f]{64}")
_MOMENT = 1_767_261_600.0  # seconds since the epoch
_NUMBERS = {
    "started": _MOMENT,
    "time": _MOMENT,
    "finished": _MOMENT + 2,
    "seconds": 0.25,
    "expected_seconds": 0.5,
    "expected_seconds_at_most": 1.5,
    "peak_memory": 2e8,
}

SCALE = 4  # a picture is kept this many times smaller
_NOTICED = 40  # of 255 by which a point of the small picture may differ
_FEW = 60  # points that may differ by more


def steady(page: Any) -> None:
    """Give the page answers without times, names of runs, and digests that are of today."""
    runs: dict[str, str] = {}

    def answer(route: Any) -> None:
        url = unquote(route.request.url)
        for real, shown in runs.items():
            url = url.replace(shown, real)
        if "/api/events" in url:
            return  # it is never answered: nothing happens, and nothing is amiss
        found = route.fetch(url=quote(url, safe=":/?&=,+*"))
        if "json" not in found.headers.get("content-type", ""):
            route.fulfill(response=found)
            return
        text = found.text()
        for number, real in enumerate(sorted(set(_RUN.findall(text)) | set(runs)), 1):
            runs[real] = f"2026-01-01T10.00.{number:02d}.000Z"
        text = _DIGEST.sub(lambda digest: digest[1] + "0123456789abcdef" * 4, text)
        text = _RUN.sub(lambda run: runs[run[0]], text)
        route.fulfill(response=found, body=json.dumps(_without_times(json.loads(text))))

    page.route("**/api/**", answer)


def _without_times(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_times(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _NUMBERS[key] if key in _NUMBERS and isinstance(item, int | float) else _without_times(item)
        for key, item in value.items()
    }


def small(picture: Image.Image) -> Image.Image:
    """Return a picture as it is kept."""
    size = (picture.width // SCALE, picture.height // SCALE)
    return picture.convert("RGB").resize(size, Image.Resampling.BOX)


def unlike(one: Image.Image, other: Image.Image) -> int:
    """Return how many points of two small pictures differ visibly; all where their sizes differ."""
    if one.size != other.size:
        return one.width * one.height
    bands = ImageChops.difference(one, other).split()
    worst = bands[0]
    for band in bands[1:]:
        worst = ImageChops.lighter(worst, band)
    return sum(worst.histogram()[_NOTICED:])


def is_alike(one: Image.Image, other: Image.Image) -> bool:
    """Say whether two small pictures show the same, but for how edges are drawn."""
    return unlike(one, other) <= _FEW
