"""The page: static files, nothing from elsewhere."""

from importlib.resources import files

from fastapi import APIRouter, Response

from bridge.parts import Has
from chassis.errors import NotFoundError

router = APIRouter(include_in_schema=False)

ASSETS = {
    "docs": ("docs.html", "text/html; charset=utf-8"),
    "": ("index.html", "text/html; charset=utf-8"),
    "page.css": ("page.css", "text/css; charset=utf-8"),
    "page.js": ("page.js", "text/javascript; charset=utf-8"),
    "backsmith.js": ("backsmith.js", "text/javascript; charset=utf-8"),
    "change.js": ("change.js", "text/javascript; charset=utf-8"),
    "dom.js": ("dom.js", "text/javascript; charset=utf-8"),
    "docs.js": ("docs.js", "text/javascript; charset=utf-8"),
    "icon.svg": ("icon.svg", "image/svg+xml"),
}


@router.get("/")
async def page() -> Response:
    """Return the page."""
    return _asset("")


@router.get("/docs")
async def docs(parts: Has) -> Response:
    """Return the page that shows the OpenAPI document."""
    if not parts.settings.docs:
        raise NotFoundError("There is nothing at this path.")
    return _asset("docs")


@router.get("/web/{name}")
async def asset(name: str) -> Response:
    """Return a part of the page."""
    if "." not in name or name not in ASSETS:
        raise NotFoundError("There is nothing at this path.")
    return _asset(name)


def _asset(name: str) -> Response:
    file, media_type = ASSETS[name]
    content = files("bridge.web").joinpath(file).read_bytes()
    return Response(content, media_type=media_type, headers={"cache-control": "no-cache"})
