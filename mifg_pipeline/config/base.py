"""What all settings have in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Settings(BaseModel):
    """Base of all settings: frozen, and closed to unknown keys and to numbers that are infinite or none."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _of_nothing(cls, value: Any) -> Any:
        """A key of YAML with nothing below it is null: a section in which nothing is set."""
        return {} if value is None else value
