"""Runs the bridge: `python -m bridge`."""

from bridge.app import application
from bridge.settings import BridgeSettings
from chassis.process import run

if __name__ == "__main__":
    run("bridge", BridgeSettings, application)
