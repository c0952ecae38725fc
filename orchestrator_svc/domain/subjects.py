"""The subjects on which the world hears of a user's generations, files and projects.

events.{user}.{project}.generation.{generation}
events.{user}.{project}.file.{file}
events.{user}.{project}.project
"""

import base64
import hashlib

EVERYTHING = "events.>"
PROJECT_PREFIX = "prj_"
FILE_PREFIX = "fil_"
FILE_DIGITS = 24


def user_token(user_id: str) -> str:
    """Return a user's id as one subject token: no two users share one, whatever their ids hold."""
    return base64.b32encode(user_id.encode()).decode().rstrip("=").lower()


def generation_subject(user_id: str, project_id: str, generation_id: str) -> str:
    """Return where a generation's progress is told."""
    return f"events.{user_token(user_id)}.{project_id}.generation.{generation_id}"


def files_subject(user_id: str, project_id: str) -> str:
    """Return where changes of a project's files are told."""
    return f"events.{user_token(user_id)}.{project_id}.files"


def project_subject(user_id: str, project_id: str) -> str:
    """Return where a project's changes are told."""
    return f"events.{user_token(user_id)}.{project_id}.project"


def project_of(subject: str) -> str:
    """Return what the subjects of one project have in common, and no others."""
    return ".".join(subject.split(".")[:3])


def user_pattern(user_id: str) -> str:
    """Return what matches everything of a user."""
    return f"events.{user_token(user_id)}.>"


def project_pattern(user_id: str, project_id: str) -> str:
    """Return what matches everything of a project."""
    return f"events.{user_token(user_id)}.{project_id}.>"


def file_id(project_id: str, path: str) -> str:
    """Return a file's id: the same for the same path of a project, in every version."""
    digest = hashlib.sha256(path.encode()).hexdigest()[:FILE_DIGITS]
    return f"{FILE_PREFIX}{project_id.removeprefix(PROJECT_PREFIX)}_{digest}"


def project_of_file(file: str) -> str:
    """Return the id of the project that a file's id belongs to; empty when it is not such an id."""
    project, _, digest = file.removeprefix(FILE_PREFIX).rpartition("_")
    fits = file.startswith(FILE_PREFIX) and project and len(digest) == FILE_DIGITS
    return f"{PROJECT_PREFIX}{project}" if fits else ""
