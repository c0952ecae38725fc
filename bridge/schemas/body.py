"""What every request body has in common."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Body(BaseModel):
    """A request body: unknown keys and other types are refused, and what JSON cannot say."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _speakable(cls, data: Any) -> Any:
        """Refuse numbers and characters that Python's JSON takes and the standard does not."""
        try:
            text = json.dumps(data, allow_nan=False, ensure_ascii=False)
            text.encode()
        except UnicodeEncodeError:
            raise ValueError("holds a lone surrogate; send whole Unicode characters") from None
        except (ValueError, TypeError, RecursionError):
            raise ValueError("holds a number that is not finite, or is nested too deeply") from None
        if "\\u0000" in text:
            raise ValueError("holds a NUL character")
        return data
