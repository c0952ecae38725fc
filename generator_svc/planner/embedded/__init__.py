"""Specs that stand in a prompt as such: our documents, JDL, SQL, shorthand."""

from generator_svc.planner.embedded.find import Remainder, read_embedded

__all__ = ["Remainder", "read_embedded"]
