"""Runs chaos: `python -m tests.chaos --minutes 10 --seed 7`."""

import argparse
import asyncio
import sys

from tests.chaos.run import Plan, run

PER_MINUTE = 40


def main() -> None:
    """Run the command line; exits with 1 when anything does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0, help="how long mischief is done")
    parser.add_argument("--seed", type=int, default=1, help="the same seed does the same mischief")
    parser.add_argument("--generations", type=int, default=0, help="0: 40 for each minute")
    parser.add_argument("--cluster", action="store_true", help="three nats-servers, not one")
    parser.add_argument("--postgres", action="store_true", help="PostgreSQL, not SQLite")
    arguments = parser.parse_args()
    plan = Plan(
        seed=arguments.seed,
        seconds=arguments.minutes * 60,
        generations=arguments.generations or round(arguments.minutes * PER_MINUTE),
        cluster=arguments.cluster,
        postgres=arguments.postgres,
    )
    report = asyncio.run(run(plan))
    print("\n".join(report.lines()))
    sys.exit(bool(report.violations))


if __name__ == "__main__":
    main()
