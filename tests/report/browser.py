"""A page opened in headless Chromium: its DOM after drawing, and what its console said."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

# Without the last four, Chromium asks the network for updates of itself.
_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class Opened:
    dom: str
    console: list[str]

    def attribute(self, name: str) -> str | None:
        """An attribute of the root element."""
        found = re.search(rf'<html[^>]*\b{name}="([^"]*)"', self.dom)
        return found[1] if found else None


def chromium() -> str:
    """The browser's program; skips where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        program = shutil.which(name)
        if program:
            return program
    pytest.skip("no Chromium on this machine: apt-get install chromium")


def open_page(file: Path, *, dark: bool = False, screenshot: Path | None = None) -> Opened:
    """Load the page from its file, wait until it has drawn."""
    # Chromium's profile holds sockets, whose paths must be short.
    with tempfile.TemporaryDirectory(prefix="chr") as profile:
        command = [chromium(), *_QUIET, f"--user-data-dir={profile}", "--virtual-time-budget=30000"]
        command += ["--enable-logging=stderr", "--window-size=1280,1600", "--hide-scrollbars"]
        if dark:
            command.append("--blink-settings=preferredColorScheme=0")
        if screenshot is not None:
            command.append(f"--screenshot={screenshot}")
        done = subprocess.run(
            [*command, "--dump-dom", file.as_uri()], capture_output=True, text=True, timeout=240, check=True
        )
    said = re.findall(r"CONSOLE[^\]]*\] (.*)", done.stderr)
    return Opened(done.stdout, said)
