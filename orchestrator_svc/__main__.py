"""Runs the orchestrator: `python -m orchestrator_svc`."""

from chassis.process import run
from orchestrator_svc.app import application
from orchestrator_svc.settings import OrchestratorSettings

if __name__ == "__main__":
    run("orchestrator", OrchestratorSettings, application)
