"""vLLM keeps what every engine does."""

from engine_contract import *  # noqa: F403 - tests and their fixture
