"""Files behind a URL, through fsspec: read by download or in ranges, saved as atomically as the store allows.

- A file on an object store is uploaded under its own name: a single PUT, or a multipart upload that
  becomes visible when it is completed. A killed upload leaves the old object.
- On stores with real files (SFTP, SMB, …) it is uploaded beside its target and moved over it.
- A folder is many objects, and no store replaces many in one step. While a folder is being saved an
  object named ``.plait-saving`` lies in it; a folder with that object is said to be incomplete instead of
  being read. The new objects are uploaded, those of the old folder removed, and the mark last.
"""

from __future__ import annotations

import importlib.util
import posixpath
import secrets
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, BinaryIO

from plait.catalog.locations import redact
from plait.catalog.storage import SAVING, remove
from plait.errors import DatasetError, MissingLibraryError, PlaitError, did_you_mean
from plait.values import Fingerprint

__all__ = ["RemoteStore", "scheme_of", "unopenable"]

_FEW = 4  # requests that are quicker than a listing of who knows how many objects
_OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "r2", "oci"})
_LIBRARIES: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("s3", "s3a"), ("s3fs", "s3")),
    **dict.fromkeys(("gs", "gcs"), ("gcsfs", "gcs")),
    **dict.fromkeys(("abfs", "abfss", "az", "adl"), ("adlfs", "azure")),
}
_USUAL = frozenset({"http", "https", "file", "memory", "ftp", "sftp", "ssh", "hdfs"})


class RemoteStore:
    """One file system that fsspec knows, and what Plait asks of it.

    Args:
        url: where the data lies; decides the file system.
        options: what the file system is opened with: credentials and ``fs_args``.

    Raises:
        MissingLibraryError: the package behind the URL's scheme is not installed.
    """

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        self.scheme = scheme_of(url)
        self.fs, self.path = _open(url, dict(options))

    def exists(self, path: str) -> bool:
        if not self.fs.exists(path):
            return False
        return not self._incomplete(path)

    def is_folder(self, path: str) -> bool:
        return bool(self.fs.isdir(path))

    def open(self, path: str) -> BinaryIO:
        return self.fs.open(path, "rb")  # type: ignore[no-any-return]

    def download(self, path: str, target: Path) -> None:
        """Fetch a file, or a folder that is complete, to a local path that is not there yet."""
        if not self.is_folder(path):
            self.fs.get_file(path, str(target))
            return
        self._refuse_incomplete(path)
        for remote in self.fs.find(path):
            local = target / posixpath.relpath(remote, self.fs._strip_protocol(path))
            local.parent.mkdir(parents=True, exist_ok=True)
            self.fs.get_file(remote, str(local))

    def upload(self, source: Path, path: str) -> None:
        """Put a local file or folder in the place of ``path``."""
        if source.is_dir():
            self._upload_folder(source, path)
        elif self.scheme in _OBJECT_STORES:
            self.fs.put_file(str(source), path)
        else:
            self._upload_and_move(source, path)
        self.fs.invalidate_cache(posixpath.dirname(path))

    @contextmanager
    def replacing(self, path: str, *, folder: bool = False, flush: bool = False) -> Iterator[Path]:  # noqa: ARG002
        """Give a local path of the same name, and upload what was written there when the context ends."""
        with tempfile.TemporaryDirectory(prefix="plait-") as place:
            local = Path(place, posixpath.basename(path))
            if folder:
                local.mkdir()
            yield local
            self.upload(local, path)

    @contextmanager
    def creating_version(self, path: str, *, folder: bool) -> Iterator[Path]:
        """Save what must not be there yet. Raises FileExistsError."""
        if self.fs.exists(posixpath.dirname(path)) and self.exists(path):
            raise FileExistsError(path)
        with self.replacing(path, folder=folder) as local:
            yield local

    def alone(self, path: str) -> AbstractContextManager[None]:  # noqa: ARG002
        return nullcontext()  # stores have no locks; the leases of runs keep writers apart

    def names(self, path: str, depth: int | None = None) -> list[str]:
        """Return the relative paths of the objects below a prefix from one listing, without hidden ones."""
        return list(self._listed(path, depth))

    def sizes(self, path: str, names: Collection[str]) -> dict[str, int]:
        listed = self._listed(path)
        return {name: int(listed[name].get("size") or 0) for name in names if name in listed}

    def fingerprints(self, path: str, names: Collection[str]) -> dict[str, Fingerprint]:
        """Return what the store says of objects: asked one by one where they are few, else listed once."""
        if len(names) < _FEW:
            there = ((name, self._details(f"{path}/{name}")) for name in names)
        else:
            listed = self._listed(path)
            there = ((name, listed.get(name)) for name in names)
        return _identified(there)

    def all_fingerprints(self, path: str, depth: int | None = None) -> dict[str, Fingerprint]:
        """Return what the store says of the objects that :meth:`names` gives, from one listing."""
        return _identified(self._listed(path, depth).items())

    def retire(self, path: str, names: Iterable[str], trash: Path | None) -> None:
        """Download objects below a prefix to the trash, if there is one, and remove them."""
        for name in names:
            if not self.fs.exists(f"{path}/{name}"):
                continue
            if trash is not None:
                (trash / name).parent.mkdir(parents=True, exist_ok=True)
                self.fs.get_file(f"{path}/{name}", str(trash / name))
            self.fs.rm_file(f"{path}/{name}")
        self.fs.invalidate_cache(path)

    def keep(self, path: str, target: Path) -> None:
        """Download a file or folder that is about to be replaced."""
        if target.exists():
            remove(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        self.download(path, target)

    @contextmanager
    def fetched(self, path: str) -> Iterator[Path]:
        """Give a local copy for as long as the context lasts."""
        with tempfile.TemporaryDirectory(prefix="plait-") as place:
            local = Path(place, posixpath.basename(path))
            self.download(path, local)
            yield local

    def versions(self, path: str) -> list[str]:
        """Return the versions below ``path``, oldest first, without unfinished ones."""
        name = posixpath.basename(path)
        self.fs.invalidate_cache()
        found = {found.rstrip("/").split("/")[-2] for found in self.fs.glob(f"{path}/*/{name}")}
        unfinished = {found.split("/")[-3] for found in self.fs.glob(f"{path}/*/{name}/{SAVING}")}
        return sorted(found - unfinished)

    def remove(self, path: str) -> None:
        self.fs.rm(path, recursive=True)

    def fingerprint(self, path: str) -> Fingerprint | None:
        """Identify an object by what its store says of it now."""
        self.fs.invalidate_cache(posixpath.dirname(path))  # somebody else may have written it
        return None if self.is_folder(path) else object_fingerprint(self.fs.info(path))

    def _details(self, path: str) -> Mapping[str, Any] | None:
        self.fs.invalidate_cache(posixpath.dirname(path))
        try:
            return self.fs.info(path)  # type: ignore[no-any-return]
        except FileNotFoundError:
            return None

    def _listed(self, path: str, depth: int | None = None) -> dict[str, Mapping[str, Any]]:
        self.fs.invalidate_cache()
        try:
            found = self.fs.find(path, detail=True)
        except FileNotFoundError:
            return {}
        start = len(self.fs._strip_protocol(path).rstrip("/")) + 1
        below = {name[start:]: details for name, details in found.items()}
        return {
            name: details
            for name, details in below.items()
            if name and name[0] != "." and "/." not in name and (depth is None or name.count("/") <= depth)
        }

    def _upload_and_move(self, source: Path, path: str) -> None:
        folder = posixpath.dirname(path)
        fresh = f"{folder}/{SAVING}-{secrets.token_hex(4)}-{posixpath.basename(path)}"
        self.fs.makedirs(folder, exist_ok=True)
        try:
            self.fs.put_file(str(source), fresh)
            self.fs.mv(fresh, path)
        except BaseException:
            with suppress(Exception):
                self.fs.rm_file(fresh)
            raise

    def _upload_folder(self, source: Path, path: str) -> None:
        mark = f"{path}/{SAVING}"
        before = set(self.fs.find(path)) if self.fs.exists(path) else set()
        self.fs.makedirs(path, exist_ok=True)
        self.fs.pipe_file(mark, b"")
        kept = {self.fs._strip_protocol(mark)}
        for local in sorted(source.rglob("*")):
            if local.is_file():
                remote = f"{path}/{local.relative_to(source).as_posix()}"
                self.fs.makedirs(posixpath.dirname(remote), exist_ok=True)
                self.fs.put_file(str(local), remote)
                kept.add(self.fs._strip_protocol(remote))
        for stale in sorted(before - kept):
            self.fs.rm_file(stale)
        self.fs.rm_file(mark)

    def _incomplete(self, path: str) -> bool:
        return bool(self.fs.exists(f"{path}/{SAVING}"))

    def _refuse_incomplete(self, path: str) -> None:
        if self._incomplete(path):
            raise DatasetError(
                f"'{redact(path)}' is incomplete: a save into it did not finish",
                hint=f"save it again; or, if the data is known to be whole, delete '{SAVING}' in it",
            )


def _identified(objects: Iterable[tuple[str, Mapping[str, Any] | None]]) -> dict[str, Fingerprint]:
    prints = {name: object_fingerprint(details) for name, details in objects if details is not None}
    return {name: found for name, found in prints.items() if found is not None}


def object_fingerprint(details: Mapping[str, Any]) -> Fingerprint | None:
    """Return what a store says of an object: a checksum, an entity tag, a version, else size and time.

    An entity tag comes first where there is one, because a listing has it as well as a question about the
    object alone; S3 tells the version only to the latter. It is no checksum: it differs between uploads of
    the same bytes in other parts.
    """
    for key in ("md5Hash", "content_md5", "ETag", "etag", "crc32c", "VersionId"):
        value = details.get(key)
        if value and value != "null":
            return Fingerprint(f"{key.casefold()}:{str(value).strip(chr(34))}", "token")
    moment = details.get("mtime") or details.get("LastModified") or details.get("created")
    return Fingerprint(f"stat:{details.get('size')}:{moment}", "stat") if moment else None


def _open(url: str, options: dict[str, Any]) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise _missing(url, "fsspec") from error
    try:
        fs, path = url_to_fs(url, **options)
    except ImportError as error:
        raise _missing(url, error.name) from error
    except ValueError as error:
        unknown = _unknown_protocol(url)
        if unknown is None:
            raise
        raise unknown from error
    return fs, path.rstrip("/")


def _unknown_protocol(url: str) -> DatasetError | None:
    """Return the error for a URL whose scheme no library knows, None where something else is wrong."""
    from fsspec import available_protocols

    known, scheme = available_protocols(), scheme_of(url)
    if scheme in known:
        return None
    return DatasetError(
        f"'{redact(url)}' begins with '{scheme}://', which no file system goes by",
        hint=_near(scheme, known) or "such as s3://, gs://, abfs:// or https://",
    )


def _near(scheme: str, known: list[str]) -> str | None:
    if close := did_you_mean(scheme, known):
        return close
    # Schemes are too short for likeness to mean much; one wrong letter is.
    slips = [name for name in known if len(name) == len(scheme) and sum(map(str.__ne__, name, scheme)) == 1]
    return did_you_mean(slips[0], slips[:1]) if slips else None


def unopenable(url: str) -> PlaitError | None:
    """Return why a URL cannot be opened, as far as that can be told without importing its library."""
    scheme = scheme_of(url)
    for module in ("fsspec", *_LIBRARIES.get(scheme, ())[:1]):
        if importlib.util.find_spec(module) is None:
            return _missing(url, module)
    if scheme in _LIBRARIES or scheme in _USUAL:
        return None
    return _unknown_protocol(url)


def scheme_of(url: str) -> str:
    """Return ``s3`` for ``s3://bucket/key``, and the first of chained schemes."""
    return url.split("://", 1)[0].split("::", 1)[0]


def _missing(url: str, module: str | None) -> MissingLibraryError:
    library, extra = _LIBRARIES.get(scheme_of(url), (scheme_of(url), "remote"))
    return MissingLibraryError(
        f"'{redact(url)}' needs '{module or library}', which is not installed",
        hint=f"pip install 'plait[{extra}]'",
    )
