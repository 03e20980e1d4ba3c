"""Takes pictures of pages with Chromium, for the scripts that write the docs."""

import subprocess
import tempfile
from pathlib import Path

from PIL import Image, ImageChops

BROWSER = (
    "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--disable-background-networking",
)
MARGIN = 16
"""Empty pixels that are left around what the page shows."""


def photograph(html: str, path: Path, *, width: int = 1180, height: int = 1200, quality: int = 85) -> None:
    """Takes a picture of a page, without its empty margin.

    Args:
        html: The page.
        path: The picture, a JPEG.
        width: Of the window, pixels.
        height: Of the window, pixels; what is below it is cut off.
        quality: Of the JPEG.
    """
    with tempfile.TemporaryDirectory() as folder:
        page, shot = Path(folder) / "page.html", Path(folder) / "shot.png"
        page.write_text(html, encoding="utf-8")
        window = (f"--window-size={width},{height}", f"--screenshot={shot}", page.as_uri())
        subprocess.run([*BROWSER, *window], check=True, capture_output=True)
        picture = Image.open(shot).convert("RGB")
    ground = Image.new("RGB", picture.size, picture.getpixel((0, 0)))
    left, top, right, bottom = ImageChops.difference(picture, ground).getbbox()
    edges = (max(0, left - MARGIN), max(0, top - MARGIN), min(width, right + MARGIN), min(height, bottom + MARGIN))
    picture.crop(edges).save(path, quality=quality, optimize=True)
