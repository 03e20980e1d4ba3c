"""What models cost: a list that users can edit; what it does not name has no price, and none is guessed."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from mifg_pipeline.config import Settings
from mifg_pipeline.errors import MifgError


class Price(Settings):
    """Price of a model.

    Attributes:
        input: Of a million tokens of prompt, images included.
        output: Of a million tokens of reply.
    """

    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)

    def of(self, prompt_tokens: float, completion_tokens: float) -> float:
        """Price of one call."""
        return (self.input * prompt_tokens + self.output * completion_tokens) / 1e6


_PRICES = TypeAdapter(dict[str, Price])


def load_prices(path: str | None) -> Mapping[str, Price]:
    """Prices by model, from the list at ``path``, or from the shipped one where that is None.

    Raises:
        MifgError: If there is no such list, or it does not say prices.
    """
    try:
        text = Path(path).read_text("utf-8") if path else files(__package__).joinpath("prices.yaml").read_text("utf-8")
        return _PRICES.validate_python(yaml.safe_load(text) or {})
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MifgError(f"The price list {path} cannot be read: {error}.", "Mend budget.prices.") from error
    except ValidationError as error:
        found = error.errors()[0]
        raise MifgError(
            f"The price list {path} is not one: {'.'.join(map(str, found['loc']))}: {found['msg']}.",
            "Write one line per model: NAME: {input: 1.0, output: 2.0}, per million tokens.",
        ) from error
