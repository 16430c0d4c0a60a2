"""Pictures, by Pillow. A Matplotlib figure can be saved as one too."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image

from plait.catalog.preview import Preview
from plait.datasets.refusals import unfit
from plait.datasets.sources import Source, opened, suffix_of

_SHOWN_BYTES = 2_000_000
_SHOWN_PIXELS = 1_000
_MEDIA_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}


def read(source: Source, **load_args: Any) -> Any:
    """Return a picture that needs its file no more; the frames of a film stay in memory."""
    with opened(source) as file:
        image = Image.open(io.BytesIO(file.read()), **load_args)
    image.load()
    return image if getattr(image, "n_frames", 1) > 1 else image.copy()


def write(data: Any, target: Path, **save_args: Any) -> None:
    if isinstance(data, Image.Image):
        data.save(target, **save_args)
        return
    if type(data).__module__.partition(".")[0] == "matplotlib":
        from plait.datasets import matplotlib_figures

        matplotlib_figures.write(data, target, **save_args)
        return
    hint = "`PIL.Image.fromarray(array)` makes an image of an array of pixels"
    raise unfit("a picture takes a Pillow image or a Matplotlib figure", data, hint)


def preview(source: Source, limit: int, **load_args: Any) -> Preview:  # noqa: ARG001
    """Show the picture; a large one as a thumbnail."""
    media_type = _MEDIA_TYPES.get(suffix_of(source))
    if media_type and isinstance(source, Path) and source.stat().st_size <= _SHOWN_BYTES:
        return Preview("image", source.read_bytes(), complete=True, media_type=media_type)
    with Image.open(source, **load_args) as image:
        image.draft(None, (_SHOWN_PIXELS, _SHOWN_PIXELS))
        image.thumbnail((_SHOWN_PIXELS, _SHOWN_PIXELS))
        buffer = io.BytesIO()
        image.convert("RGBA").save(buffer, "PNG")
    return Preview("image", buffer.getvalue(), media_type="image/png")
