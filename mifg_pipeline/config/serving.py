"""How a model that the run serves itself enters the settings."""

from pathlib import Path
from typing import Any

from mifg_pipeline.config.generate import GenerateSettings
from mifg_pipeline.config.models import SERVE
from mifg_pipeline.errors import MifgError

SERVED = "served"
"""Name of that model under ``models``."""


def enter_served_model(content: dict[str, Any]) -> dict[str, Any]:
    """Settings with the model of ``serve.model`` as ``models.served``, in every role that is unset.

    Settings that configure other models are returned as they are: there, models say ``base_url: serve`` themselves.

    Args:
        content: Settings before validation; what does not fit is left for the validation to name.
    """
    serve, models, agents = (content.get(section, {}) for section in ("serve", "models", "agents"))
    if not all(isinstance(section, dict) for section in (serve, models, agents)):
        return content
    given = models.get(SERVED, {})
    if not serve.get("model") or models.keys() - {SERVED} or not isinstance(given, dict):
        return content
    served = {"model": served_name(str(serve["model"])), "server": {}, **given}
    if isinstance(served["server"], dict):
        served["server"] = {"base_url": SERVE, **served["server"]}
    roles = {"image_curator": SERVED, "question_writer": {SERVED: 1.0}, "judge": SERVED, "solvers": [SERVED]}
    return {**content, "models": {SERVED: served}, "agents": {**roles, **agents}}


def served_name(model: str) -> str:
    """Name by which a model is known in a run: without its place, where it is a folder, so that it may move."""
    path = Path(model)
    return path.resolve().name if path.is_dir() else model


def check_served_models(settings: GenerateSettings) -> None:
    """Makes sure that models with ``base_url: serve`` and a model to serve come together.

    Not a validation of the settings: ``run.yaml`` does not say what is served from where.

    Raises:
        MifgError: If there is one without the other.
    """
    if settings.served_names and settings.serve.model is None:
        raise MifgError(
            f"Models say server.base_url: {SERVE}, and there is none to serve: {', '.join(settings.served_names)}.",
            "Give --serve MODEL, or the address of their server.",
        )
    if settings.serve.model is not None and not settings.served_names:
        raise MifgError(
            f"--serve {settings.serve.model}: no model says server.base_url: {SERVE}.",
            "Say it of the model under `models` that shall be served, or leave out --serve.",
        )
