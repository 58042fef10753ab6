"""GET /docs: the interface for people to read and try, with the one script that its page runs."""

import base64
import hashlib
import re

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

CDN = "https://cdn.jsdelivr.net"
ICON = "https://fastapi.tiangolo.com"


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """Show the OpenAPI document. The viewer's script comes from its maker's CDN."""
    page = get_swagger_ui_html(openapi_url="/openapi.json", title=request.app.title)
    scripts = re.findall(r"<script>(.*?)</script>", bytes(page.body).decode(), re.DOTALL)
    page.headers["Content-Security-Policy"] = _policy(scripts)
    return page


def _policy(inline_scripts: list[str]) -> str:
    digests = [hashlib.sha256(script.encode()).digest() for script in inline_scripts]
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {CDN} {hashes}",
            f"style-src {CDN} 'unsafe-inline'",  # the viewer styles its elements in place
            f"img-src 'self' data: {ICON}",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )
