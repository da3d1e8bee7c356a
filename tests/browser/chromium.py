"""Finds a Chromium or Chrome for the browser tests, or gets one, or says why it cannot.

`python tests/browser/chromium.py` prints its path.
"""

import functools
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
MAC = ["Google Chrome", "Chromium"]


class NoChromium(RuntimeError):
    """No Chromium was found, and none could be had."""


def _runs(path: str | os.PathLike[str] | None) -> bool:
    """Whether `path` starts at all: libraries may be missing, or it may be a snap's stub."""
    if not path or not Path(path).is_file():
        return False
    try:
        done = subprocess.run(
            [path, "--headless", "--no-sandbox", "--version"], capture_output=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0 and b"Chrom" in done.stdout


def _installed() -> str | None:
    found = [shutil.which(name) for name in NAMES]
    if platform.system() == "Darwin":
        found += [f"/Applications/{name}.app/Contents/MacOS/{name}" for name in MAC]
    return next((path for path in found if _runs(path)), None)


def _playwright() -> str | None:
    """Playwright's own Chromium, where it is already on this machine."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if _runs(path) else None


def _attempt(*command: str) -> str:
    """Runs a command that may bring a Chromium; what it said, in a line, if it did not."""
    print(f"chromium: {' '.join(command)}", file=sys.stderr, flush=True)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    except (OSError, subprocess.SubprocessError) as error:
        return f"{' '.join(command)}: {error}"
    said = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
    reason = next((line.strip() for line in said if "error" in line.lower()), said[-1])
    return f"{' '.join(command)}: {reason}" if done.returncode else ""


@functools.cache
def find_chromium() -> str:
    """Return the path of a Chromium or Chrome that starts.

    In this order: the environment variable ``DATAVIEW_CHROMIUM``; one on the ``PATH``;
    Playwright's own, which is downloaded if it is not there; the distribution's package, where
    this process may install it.

    Raises
    ------
    NoChromium
        If there is none, saying what was tried.
    """
    named = os.environ.get("DATAVIEW_CHROMIUM")
    if named:
        if _runs(named):
            return named
        raise NoChromium(f"DATAVIEW_CHROMIUM={named} does not start")
    path = _installed() or _playwright()
    if path:
        return path

    root = hasattr(os, "geteuid") and os.geteuid() == 0
    tried = [_attempt(sys.executable, "-m", "playwright", "install", "chromium")]
    if path := _playwright():
        return path
    if root and shutil.which("apt-get"):
        tried.append(_attempt("apt-get", "update"))
        tried.append(_attempt("apt-get", "install", "--yes", "chromium"))
        if path := _installed() or _playwright():
            return path
    raise NoChromium(
        "the browser tests need Chromium or Chrome. Install one, or name one with "
        "DATAVIEW_CHROMIUM=/path/to/chromium.\nTried: "
        + ("\n       ".join(filter(None, tried)) or "Playwright's download, which does not start")
    )


if __name__ == "__main__":
    try:
        print(find_chromium())
    except NoChromium as error:
        sys.exit(f"error: {error}")
