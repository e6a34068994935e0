"""A bigger exploration than the tests: ``python -m tests.model.explore --actors 4``."""

from __future__ import annotations

import argparse
import sys
import time

from .scenarios import default, large
from .search import Search, Violation


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actors", type=int, default=4, help="how many commands meet in a crowd (2 to 8)")
    parser.add_argument("--cap", type=int, default=3_000_000, help="states of one universe, at most")
    parser.add_argument("--walks", type=int, default=20_000, help="random schedules where the cap was met")
    parser.add_argument("--only", default="", help="a part of the names of universes to explore")
    options = parser.parse_args()
    failed = 0
    for name, scenario in (default() | large(options.actors)).items():
        if options.only not in name:
            continue
        started = time.monotonic()
        try:
            found = Search(scenario, cap=options.cap).run()
            how = "all" if found.complete else "capped"
            print(f"{name}: {found.states} states ({how}), {found.quiet} ends", end=", ")
            if not found.complete:
                walked = Search(scenario).walk(options.walks)
                print(f"{walked.states} more on walks, {walked.quiet} ends", end=", ")
            print(f"{time.monotonic() - started:.0f} s", flush=True)
        except Violation as violation:
            failed = 1
            print(f"{name}: {violation}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
