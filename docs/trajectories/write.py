"""Takes the pictures of docs/trajectories.md, of a run's page. Needs Chromium.

mifg trajectories RUN
python docs/trajectories/write.py RUN
"""

import runpy
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
WINDOW = {"width": 1280, "height": 720}
SHOW = """(wanted) => {
  const found = data.trajectories.find((one) => one.matches && wanted(one, data.groups[one.group]));
  select(found);
  list.cards[found.group].scrollIntoView();
}"""
FEW_IMAGES = "(one, group) => data.questions[group.question].images.length <= 3"
TWO_CROPS = f"({SHOW})((one, group) => ({FEW_IMAGES})(one, group) && one.turns.filter(({{ box }}) => box).length === 2)"
AN_ERROR = f"({SHOW})((one, group) => ({FEW_IMAGES})(one, group) && one.turns[0].action === 'invalid')"

chromium = runpy.run_path(str(FOLDER.parents[1] / "tests" / "support" / "chromium.py"))["chromium"]


def main() -> None:
    """Writes ``groups.jpg``, in light colours, and ``filtered.jpg``, in dark ones."""
    page_path = Path(sys.argv[1]).resolve() / "trajectories.html"
    with chromium() as browser:
        page = browser.new_page(viewport=WINDOW, color_scheme="light")
        page.goto(page_path.as_uri())
        page.evaluate(TWO_CROPS)
        page.wait_for_timeout(500)
        page.screenshot(path=FOLDER / "groups.jpg", type="jpeg", quality=88)

        page.emulate_media(color_scheme="dark")
        page.locator(".chip", has_text="invalid action").last.click()
        page.evaluate(AN_ERROR)
        page.wait_for_timeout(500)
        page.screenshot(path=FOLDER / "filtered.jpg", type="jpeg", quality=88)


main()
