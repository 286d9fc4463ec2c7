"""`make screenshots [PAGE=hostile]`: page and report in a real browser, on a phone and a desk, by day and by night."""

import os
import sys
import tempfile
from pathlib import Path

from local.paths import environment
from tests.support.browser import CHROMIUM, open_browser
from tests.support.notifications import a_world
from tests.support.pages import looked_at

FOLDER = Path(__file__).parents[2] / ".local" / "screenshots"
# Width, and whether it is night.
VIEWS = {"phone": (390, False), "phone-night": (390, True), "desk": (1100, False)}


def main(wanted: str | None) -> None:
    if CHROMIUM is None:
        sys.exit("There is no chromium here: apt-get install chromium fonts-dejavu-core")
    os.environ.update(environment())
    with a_world() as cloud:
        pages = looked_at(cloud)
    if wanted and wanted not in pages:
        sys.exit(f"no page {wanted}; there are: {', '.join(pages)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile, open_browser(Path(profile)) as browser:
        for name, page in pages.items():
            if wanted in (None, name):
                source = Path(profile) / f"{name}.html"
                source.write_text(page, encoding="utf-8")
                for view, (width, night) in VIEWS.items():
                    browser.show(source.as_uri(), width=width, night=night)
                    picture = FOLDER / f"{name}-{view}.png"
                    picture.write_bytes(browser.screenshot())
                    sys.stdout.write(f"{picture.relative_to(FOLDER.parents[1])}\n")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
