"""Describing an endpoint once: its route, the check of what is asked, and its OpenAPI text come from that."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from plait import __version__
from plait.errors import PlaitError
from plait.project.graph import problem_document
from plait.ui.asking import WorkbenchError
from plait.ui.refusals import STATE, status_of
from plait.ui.schemas import TEXT, Schema, list_of, or_null, record
from plait.ui.viewer import Viewer

__all__ = [
    "PROBLEM",
    "Endpoint",
    "ForbiddenError",
    "NotFoundError",
    "Parameter",
    "RequestError",
    "json_ready",
    "openapi",
    "route",
]

Kind = Literal["string", "integer", "boolean", "array"]
Handler = Callable[[Viewer, Mapping[str, Any]], Awaitable[Any]]

PROBLEM = record({"message": TEXT, "where": list_of(TEXT), "why": or_null(TEXT), "hint": or_null(TEXT)})

_BEARER = "What stands behind key= in the address that `plait ui` prints, or what --token said."
_COOKIE = "The same secret, as the page has it: its address leaves it there."
_MOST_EXACT = 2**53 - 1
_LONGEST_BODY = 1_000_000  # bytes


class RequestError(Exception):
    """What was asked makes no sense."""

    status = 400


class NotFoundError(RequestError):
    """There is no such thing."""

    status = 404


class ForbiddenError(RequestError):
    """The server was started so that this is not allowed."""

    status = 403


@dataclass(frozen=True)
class Parameter:
    """One value that a request carries, in its path, its query or its body."""

    name: str
    kind: Kind = "string"
    default: Any = None
    required: bool = False
    place: Literal["path", "query"] = "query"
    least: int | None = None
    most: int | None = None
    description: str = ""

    @property
    def schema(self) -> dict[str, Any]:
        if self.kind == "array":
            return {"type": "array", "items": {"type": "string"}, "minItems": 1}
        bounds = {"minimum": self.least, "maximum": self.most, "default": self.default}
        return {"type": self.kind, **{key: value for key, value in bounds.items() if value is not None}}

    def read(self, texts: Sequence[str]) -> Any:
        """Return the value of the texts that a request has for it. Raises RequestError."""
        if self.kind == "array":
            if not texts and self.required:
                raise RequestError(f"'{self.name}' is missing")
            return list(texts)
        if not texts:
            if self.required:
                raise RequestError(f"'{self.name}' is missing")
            return self.default
        return self._one(texts[-1])

    def _one(self, text: str) -> Any:
        if self.kind == "boolean":
            if text not in ("0", "1", "true", "false", ""):
                raise RequestError(f"'{self.name}' is true or false")
            return text in ("1", "true")
        if self.kind != "integer":
            return text
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 16):
            raise RequestError(f"'{self.name}' is a whole number")
        value = int(text)
        if (self.least is not None and value < self.least) or (self.most is not None and value > self.most):
            raise RequestError(f"'{self.name}' lies between {self.least} and {self.most}")
        return value


@dataclass(frozen=True)
class Endpoint:
    """One thing that can be asked.

    Attributes:
        answer: is given the viewer and the values of the parameters, the body's among them; what it returns
            is JSON unless it is a response already.
        returns: JSON Schema of the answer.
        body: JSON Schema of what a POST carries.
    """

    path: str
    answer: Handler
    summary: str
    parameters: tuple[Parameter, ...] = ()
    returns: Schema = field(default_factory=lambda: TEXT)
    method: Literal["GET", "POST"] = "GET"
    body: Mapping[str, Any] | None = None
    media_type: str = "application/json"


def route(endpoint: Endpoint) -> Route:
    """Return the route that serves an endpoint."""

    async def serve(request: Request) -> Response:
        try:
            values = _query(endpoint, request)
            if endpoint.body is not None:
                values |= await _body(request, endpoint.body)
            answer = await endpoint.answer(request.app.state.viewer, values)
        except RequestError as error:
            return _failed(error.status, {"message": str(error), "where": [], "why": None, "hint": None})
        except WorkbenchError as error:
            document = dict(error.document)
            return _failed(document.pop("status", STATE), document)
        except PlaitError as error:
            return _failed(status_of(error), problem_document(error))
        return answer if isinstance(answer, Response) else JSONResponse(json_ready(answer))

    return Route(endpoint.path, serve, methods=[endpoint.method])


def _query(endpoint: Endpoint, request: Request) -> dict[str, Any]:
    values = {}
    for parameter in endpoint.parameters:
        if parameter.place == "path":
            texts = [str(request.path_params[parameter.name])]
        else:
            texts = request.query_params.getlist(parameter.name)
        values[parameter.name] = parameter.read(texts)
    return values


async def _body(request: Request, schema: Mapping[str, Any]) -> dict[str, Any]:
    text = b""
    async for chunk in request.stream():
        text += chunk
        if len(text) > _LONGEST_BODY:
            raise RequestError("the request is too long")
    try:
        found = json.loads(text or b"{}")
    except (ValueError, RecursionError) as error:
        raise RequestError("the request is no JSON") from error
    if not isinstance(found, dict):
        raise RequestError("the request is no JSON object")
    known: Mapping[str, Any] = schema["properties"]
    for name, value in found.items():
        if name not in known:
            raise RequestError(f"'{name}' is unknown")
        if not _fits(value, known[name]["type"]):
            raise RequestError(f"'{name}' is no {known[name]['type']}")
    return {name: found.get(name, details.get("default")) for name, details in known.items()}


def _fits(value: Any, kind: str) -> bool:
    kinds: Mapping[str, tuple[type, ...]] = {"string": (str,), "boolean": (bool,), "object": (dict,)}
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kinds[kind])


def _failed(status: int, error: Mapping[str, Any]) -> JSONResponse:
    return JSONResponse({"error": error}, status)


def json_ready(value: Any) -> Any:
    """Return what a page can read exactly.

    JSON has no NaN and no infinity, which real data have: they become null. JavaScript has no whole numbers
    above 2**53: they become text.
    """
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, int) and abs(value) > _MOST_EXACT:
        return str(value)
    if isinstance(value, dict):
        return {str(key): json_ready(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(item) for item in value]
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def openapi(endpoints: Sequence[Endpoint], cookie: str) -> dict[str, Any]:
    """Return the OpenAPI description of all endpoints.

    Args:
        cookie: the name of the one that holds the secret.
    """
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        path = endpoint.path.replace(":path}", "}")
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Plait", "version": __version__, "description": "What `plait ui` reads and does."},
        "paths": paths,
        "security": [{"secret": []}, {"cookie": []}],
        "components": {
            "schemas": {"Error": record({"error": PROBLEM})},
            "securitySchemes": {
                "secret": {"type": "http", "scheme": "bearer", "description": _BEARER},
                "cookie": {"type": "apiKey", "in": "cookie", "name": cookie, "description": _COOKIE},
            },
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    refused = {
        "description": "Why not.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    operation: dict[str, Any] = {
        "summary": endpoint.summary,
        "parameters": [
            {
                "name": parameter.name,
                "in": parameter.place,
                "required": parameter.required or parameter.place == "path",
                "schema": parameter.schema,
                **({"description": parameter.description} if parameter.description else {}),
            }
            for parameter in endpoint.parameters
        ],
        "responses": {
            "200": {"description": "Done.", "content": {endpoint.media_type: {"schema": endpoint.returns}}},
            **dict.fromkeys(("400", "401", "403", "404", "409"), refused),
        },
    }
    if endpoint.body is not None:
        operation["requestBody"] = {
            "content": {"application/json": {"schema": {"type": "object", **endpoint.body}}}
        }
    return operation
