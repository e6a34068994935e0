"""The program that a cluster runs: ``main.py [--jobs N] MANIFEST...``, with the package in ``--py-files``.

Each argument is a manifest's URI; its result is written beside it as ``result.json``. Python 3.9, standard
library and pyspark only.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor

from runner.job import UNCACHED, execute
from runner.job.files import Files


def main(arguments: list[str]) -> int:
    """Run the manifests given by URI; 0 when each has its result, whatever the results say."""
    parser = argparse.ArgumentParser(prog="main.py")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("manifests", nargs="+")
    options = parser.parse_args(arguments)
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.enableHiveSupport()
    for name, value in UNCACHED.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    files = Files(session)

    def one(uri: str) -> None:
        result = execute(session, json.loads(files.read(uri)))
        files.write(uri.rsplit("/", 1)[0] + "/result.json", json.dumps(result))

    with ThreadPoolExecutor(max_workers=options.jobs) as pool:
        list(pool.map(one, options.manifests))
    session.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
