"""make bench: how fast money moves, against named baselines measured in the same run. Needs PostgreSQL and pgbench.

Every figure is a ratio of two rates taken one after the other on the same machine and the same rows, so that it
says something wherever it runs; `--transfers` makes the ledger smaller for a quick look.
"""

import argparse
import os
import sys

os.environ["CARE_TEST_DATABASE"] = "postgres"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django  # noqa: E402

django.setup()

from django.db import connection  # noqa: E402

from tests.bench import paying, posting, reading, world  # noqa: E402


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--transfers", type=int, default=1_000_000, help="so many stand in the ledger before")
    parser.add_argument("--seconds", type=float, default=10, help="so long each rate is measured")
    options = parser.parse_args()
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        made = world.build_world(options.transfers)
        results = [
            *posting.run(made, options.seconds), *paying.run(made), *reading.run(made),
        ]  # fmt: skip
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    print("\n".join(["", *(str(one) for one in results)]))
    return 0 if all(one.met for one in results) else 1


if __name__ == "__main__":
    sys.exit(main())
