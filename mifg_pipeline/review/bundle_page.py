"""Makes one HTML file of the review page: its modules and styles put in, and the items to review."""

import base64
import hashlib
import json
import re
from importlib.resources import files
from typing import Any, Final

PAGE: Final = files("mifg_pipeline.review") / "page"
"""The page's folder; `index.html` there is what the server gives out."""

GUIDELINE: Final = "guideline.html"
"""The guideline for annotators, in the page's folder."""

_ENTRY: Final = "main.js"
_IMPORT: Final = re.compile(r'^import [^;]*? from "\./(\w+\.js)";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export ", re.MULTILINE)
_STYLE: Final = re.compile(r'<link rel="stylesheet" href="static/(\w+\.css)">\n')
_STATIC: Final = re.compile(r'"static/([\w.-]+)"')
_SCRIPT: Final = f'<script type="module" src="static/{_ENTRY}"></script>\n'


def bundle_page(content: dict[str, Any]) -> str:
    """The page as one file that loads nothing but images beside it.

    Browsers load no modules from files, so the modules become one. Nothing but this script and this style may run:
    the page's policy names their digests.

    Args:
        content: What ``offline.js`` reads: the items and for whom they are.
    """
    page = _read("index.html")
    style = "".join(_read(name) for name in _STYLE.findall(page))
    script = "".join(_EXPORT.sub("", _IMPORT.sub("", _read(name))) for name in _in_order(_ENTRY))
    policy = (
        f"default-src 'none'; img-src 'self' file:; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n<style>{style}</style>\n'
    # "<" is written as an escape, so that no text of an item can end the element.
    embedded = json.dumps(content, ensure_ascii=False).replace("<", r"\u003c")
    data = f'<script id="bundle" type="application/json">{embedded}</script>\n'
    page = _STYLE.sub("", page).replace(_SCRIPT, "")
    return page.replace("</head>", f"{head}</head>").replace(
        "</body>", f"{data}<script type=module>{script}</script>\n</body>"
    )


def guideline_files() -> dict[str, bytes]:
    """The guideline and what it shows, by their paths beside a page."""
    text = _read(GUIDELINE)
    parts = {f"static/{name}": (PAGE / name).read_bytes() for name in set(_STATIC.findall(text))}
    return {GUIDELINE: text.encode(), **parts}


def _read(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def _in_order(name: str) -> list[str]:
    """The modules that one needs, each after those that it imports, and itself last."""
    needed = [other for imported in _IMPORT.findall(_read(name)) for other in _in_order(imported)]
    return list(dict.fromkeys([*needed, name]))


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
