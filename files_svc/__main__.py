"""Runs the files service: `python -m files_svc`."""

from chassis.process import run
from files_svc.app import application
from files_svc.settings import FilesSettings

if __name__ == "__main__":
    run("files", FilesSettings, application)
