"""Writes the pictures of items that the README shows, from a finished demo run. Needs Chromium and `make demo`."""

import runpy
import sys
from pathlib import Path

from mifg_pipeline.corpus import RunImages
from mifg_pipeline.items import Item
from mifg_pipeline.report import items_page
from mifg_pipeline.store import RunFolder

FOLDER = Path(__file__).parent
PHOTO_FAMILIES = ("find-detail", "spot-change")

photograph = runpy.run_path(str(FOLDER.parent / "photograph.py"))["photograph"]


def one_of_each_family(run: RunFolder) -> dict[str, Item]:
    """Family to an item of three or four images, over photographs where the family works on photographs."""
    chosen: dict[str, Item] = {}
    for item in run.candidates():
        family = item.provenance.writer.partition("/")[0]
        is_drawn = any(image.attribution == "mifg-pipeline" for image in item.images)
        if len(item.images) in (3, 4) and (family not in PHOTO_FAMILIES or not is_drawn):
            chosen.setdefault(family, item)
    return chosen


def main(run_root: Path) -> None:
    """Writes one picture per family."""
    run = RunFolder.open(run_root)
    images = RunImages.open(run)
    for family, item in one_of_each_family(run).items():
        html = items_page(family, [item], images)
        body = html[: html.index("<h1>")] + html[html.index('<article class="item">') :]
        photograph(body, FOLDER / f"{family}.jpg")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/demo/run"))
