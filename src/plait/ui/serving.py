"""Listening: one server for one project, on loopback unless asked otherwise."""

from __future__ import annotations

import ipaddress
import socket
import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import uvicorn

from plait.errors import UsageError
from plait.project import Project
from plait.ui.app import create_app
from plait.ui.asking import Workbench
from plait.ui.security import new_secret
from plait.ui.viewer import Viewer

__all__ = ["ServerOptions", "serve"]

_SHORTEST_TOKEN = 12


@dataclass(frozen=True)
class ServerOptions:
    """How to serve.

    Attributes:
        port: 0 takes a free one.
        token: the secret; without one a new one is made, which only loopback addresses allow.
        browser: whether to open the page.
        shown: what the page opens with, as its address says it.
    """

    host: str = "127.0.0.1"
    port: int = 0
    token: str | None = None
    read_only: bool = False
    browser: bool = True
    shown: Mapping[str, str] = field(default_factory=dict)


def serve(
    project: Project, options: ServerOptions, told: Callable[[str], None], workbench: Workbench | None = None
) -> None:
    """Serve a project until the process is interrupted.

    Args:
        workbench: one that has begun to take the first picture.
        told: is given the address to open as soon as it can be opened.

    Raises:
        UsageError: the address cannot be listened on, or is not this machine's own and no token is given.
    """
    local = _is_loopback(options.host)
    if not local and options.token is None:
        raise UsageError(
            f"{options.host} can be reached from other machines",
            hint="give --token SECRET, which whoever opens the page has to know",
        )
    if options.token is not None and len(options.token) < _SHORTEST_TOKEN:
        raise UsageError(f"The token is shorter than {_SHORTEST_TOKEN} characters")
    listening = _listen(options.host, options.port)
    port = listening.getsockname()[1]
    secret = options.token or new_secret()
    names = {options.host, "127.0.0.1", "localhost", "[::1]"} if local else set[str]()
    viewer = Viewer(project, read_only=options.read_only, workbench=workbench)
    app = create_app(viewer, secret=secret, hosts=frozenset(f"{name}:{port}" for name in names))
    shown = "127.0.0.1" if options.host in ("0.0.0.0", "::") else options.host  # noqa: S104 - compared, not bound
    address = f"http://{shown}:{port}/?{urlencode({'key': secret, **options.shown})}"
    told(address)
    if options.browser:
        webbrowser.open(address)
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, lifespan="on")
    config.timeout_graceful_shutdown = 1  # pages keep listening to events
    _Server(config, viewer).run(sockets=[listening])


class _Server(uvicorn.Server):
    """Ends the streams of events first: it would wait for them, and complain of having to cut them off."""

    def __init__(self, config: uvicorn.Config, viewer: Viewer) -> None:
        super().__init__(config)
        self._viewer = viewer

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._viewer.hang_up()
        await super().shutdown(sockets)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise UsageError(
            f"{host}:{port} cannot be listened on", why=str(error), hint="try another --port"
        ) from error
    listening.listen(128)
    listening.set_inheritable(True)
    return listening


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
