"""Writes the JSON Schema of spec documents, for editors: clients/spec.schema.json.

Run `python tools/generate_spec_schema.py`, or with `--check` to fail if the file is out of date.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "clients" / "spec.schema.json"
sys.path.insert(0, str(ROOT))

from generator_svc.planner.schema import spec_schema  # noqa: E402 - the path is set just above


def main() -> int:
    """Write the schema, or compare it; return the exit code."""
    text = json.dumps(spec_schema(), indent=2) + "\n"
    if "--check" not in sys.argv[1:]:
        SCHEMA.write_text(text, "utf-8")
        return 0
    if SCHEMA.exists() and SCHEMA.read_text("utf-8") == text:
        return 0
    print(f"{SCHEMA.relative_to(ROOT)} is out of date: run python tools/generate_spec_schema.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
