"""What every request body has in common."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator, model_validator


class Body(BaseModel):
    """A request body: unknown keys and other types are refused, and what JSON cannot say."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _readable(cls, data: Any) -> Any:
        """Refuse what was not sent as JSON, and keys that no answer could name."""
        if isinstance(data, bytes):
            message = "is not JSON; send it with `Content-Type: application/json`"
            raise ValueError(message)  # noqa: TRY004 - what Pydantic turns into a violation
        if isinstance(data, dict):
            speakable(list(data))
        return data

    @field_validator("*", mode="before")
    @classmethod
    def _speakable(cls, value: Any) -> Any:
        return speakable(value)


def speakable(value: Any) -> Any:
    """Return a value without numbers and characters that only Python's JSON takes.

    Raises:
        ValueError: It has some.
    """
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("holds a lone surrogate; send whole Unicode characters") from None
    except (ValueError, TypeError, RecursionError):
        raise ValueError("holds a number that is not finite, or is nested too deeply") from None
    if "\\u0000" in text.replace("\\\\", ""):
        raise ValueError("holds a NUL character")
    return value
