"""Runs the generator: `python -m generator_svc`."""

import asyncio

from chassis.process import run
from generator_svc.app import application
from generator_svc.settings import GeneratorSettings

if __name__ == "__main__":
    run("generator", GeneratorSettings, application, runner=asyncio.run)
