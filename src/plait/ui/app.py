"""The application: endpoints, the page and its files, and the guard in front of all."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from plait.ui.api import ENDPOINTS
from plait.ui.endpoints import openapi, route
from plait.ui.page import STATIC
from plait.ui.security import Guard, cookie_name
from plait.ui.viewer import Viewer

__all__ = ["create_app"]


def create_app(viewer: Viewer, *, secret: str, hosts: frozenset[str]) -> Starlette:
    """Return the application that shows one project.

    Args:
        secret: what every request has to know.
        hosts: names, with port, that it may be asked by.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await viewer.start()
        try:
            yield
        finally:
            await viewer.stop()

    app = Starlette(
        routes=[
            Route("/", _page),
            Route("/api/openapi.json", _description),
            *[route(endpoint) for endpoint in ENDPOINTS],
            Mount("/static", StaticFiles(directory=STATIC, check_dir=False)),
        ],
        middleware=[
            Middleware(Guard, secret=secret, hosts=hosts),
            Middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5),
        ],
        exception_handlers={404: _not_there, 405: _wrong_method},
        lifespan=lifespan,
    )
    app.state.viewer = viewer
    app.state.description = openapi(ENDPOINTS, cookie_name(hosts))
    return app


async def _page(_: Request) -> Response:
    page = STATIC / "index.html"
    if not page.is_file():
        message = "The page was not built: install Plait from a wheel, or run `make ui`"
        return JSONResponse({"error": {"message": message}}, 500)
    return FileResponse(page)


async def _description(request: Request) -> Response:
    return JSONResponse(request.app.state.description)


async def _not_there(request: Request, _: Exception) -> Response:
    return _told(f"There is nothing at {request.url.path}", 404)


async def _wrong_method(request: Request, error: Exception) -> Response:
    return _told(f"{request.url.path} takes no {request.method}", 405, getattr(error, "headers", None))


def _told(message: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    error: dict[str, object] = {"message": message, "where": [], "why": None}
    hint = "/api/openapi.json tells what there is"
    return JSONResponse({"error": {**error, "hint": hint}}, status, headers)
