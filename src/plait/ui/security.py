"""Who may ask: a secret of this start, the right host, the right origin; and what a page may do.

The address that ``plait ui`` opens holds the secret once; the first answer moves it into a strict same-site
cookie and takes it out of the address bar. Names of hosts are checked so that no other site can reach the
server under a name of its own (DNS rebinding), origins so that none can send requests with the cookie.
"""

from __future__ import annotations

import secrets
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = [
    "COOKIE",
    "EXPORT_FRAME_POLICY",
    "EXPORT_POLICY",
    "FRAME_POLICY",
    "POLICY",
    "Guard",
    "cookie_name",
    "new_secret",
]

COOKIE = "plait_key"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self' blob:; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

#: For pages that users made, shown in a frame: scripts run, but with an origin of nobody and no network.
FRAME_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'self'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; sandbox allow-scripts; frame-ancestors 'self'"
)

#: The same for pages in files, which say so themselves: they ask for nothing, and frames lead nowhere else.
#: Not every browser takes the files beside a file for 'self'.
EXPORT_POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src 'self' file: data: blob:; "
    "worker-src blob:; frame-src 'self' file:; base-uri 'none'; form-action 'none'"
)
EXPORT_FRAME_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
)

_FRAMES = "/api/frame/"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def new_secret() -> str:
    """Return a secret for one start of the server."""
    return secrets.token_urlsafe(24)


def cookie_name(hosts: frozenset[str]) -> str:
    """Return the name of the cookie of a server that is asked by these names.

    A browser sends the cookies of one host to all its ports, so each server has its own.
    """
    port = next(iter(sorted(hosts)), "").rpartition(":")[2]
    return f"{COOKIE}_{port}" if port.isdigit() else COOKIE


class Guard:
    """Lets through what comes from the page that was opened with the secret, and nothing else.

    Args:
        secret: what a request must know, by cookie, by ``?key=`` once, or as a bearer token.
        hosts: the names, with port, under which the server may be asked; empty means any.
    """

    def __init__(self, app: ASGIApp, *, secret: str, hosts: frozenset[str]) -> None:
        self._app = app
        self._secret = secret
        self._hosts = hosts
        self._cookie = cookie_name(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, self._guarded(send))
            return
        await self._app(scope, receive, self._guarded(send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self._hosts and host not in self._hosts:
            return _refused(403, "This address is not the one that `plait ui` serves", host)
        origin = headers.get("origin")
        if origin not in (None, "null") and urlsplit(origin).netloc != host:
            return _refused(403, "Another site asked", origin)
        if headers.get("sec-fetch-site") not in (None, "same-origin", "none") and not _is_navigation(headers):
            return _refused(403, "Another site asked", headers.get("sec-fetch-site"))
        if scope["method"] not in _SAFE and origin in (None, "null") and "authorization" not in headers:
            return _refused(403, "A request that changes something must come from the page", None)
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        offered = dict(query).get("key")
        if offered is not None and scope["method"] in _SAFE and self._is_right(offered):
            return self._moved_in(scope, query)
        if not self._knows(headers):
            return _refused(401, "Open the address that `plait ui` printed", None)
        if scope["path"].startswith(_FRAMES) and _is_navigation(headers):
            return _around(scope["path"].removeprefix(_FRAMES))
        return None

    def _knows(self, headers: Headers) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.casefold() == "bearer" and self._is_right(token.strip()):
            return True
        cookies: SimpleCookie = SimpleCookie()
        cookies.load(headers.get("cookie", ""))
        found = cookies.get(self._cookie)
        return found is not None and self._is_right(found.value)

    def _is_right(self, offered: str) -> bool:
        return secrets.compare_digest(offered.encode(), self._secret.encode())

    def _moved_in(self, scope: Scope, query: list[tuple[str, str]]) -> Response:
        rest = urlencode([(name, value) for name, value in query if name != "key"])
        # One slash: an address that began with two would lead to another host.
        path = "/" + scope["path"].lstrip("/")
        response = RedirectResponse(f"{path}?{rest}" if rest else path, status_code=303)
        response.set_cookie(self._cookie, self._secret, httponly=True, samesite="strict", path="/")
        return response

    def _guarded(self, send: Send) -> Send:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("content-security-policy", POLICY)
                headers["x-content-type-options"] = "nosniff"
                headers["referrer-policy"] = "no-referrer"
                headers["cross-origin-resource-policy"] = "same-origin"
                headers.setdefault("cross-origin-opener-policy", "same-origin")
                headers.setdefault("cache-control", "no-store")
            await send(message)

        return with_headers


def _around(name: str) -> Response:
    """Lead to the page that shows a frame: in a window of its own it could lead the reader elsewhere."""
    return RedirectResponse(f"/?{urlencode({'focus': f'dataset:{name}'})}", status_code=303)


def _is_navigation(headers: Headers) -> bool:
    """Whether a person follows a link from elsewhere: the strict cookie is not sent then."""
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"


def _refused(status: int, message: str, why: str | None) -> Response:
    error: dict[str, object] = {
        "message": message,
        "where": [],
        "why": why,
        "hint": "plait ui prints the address to open",
    }
    return JSONResponse({"error": error}, status)
