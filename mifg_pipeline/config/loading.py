"""Reads settings: YAML document, overrides and flags, the later the stronger."""

from typing import Any

import yaml
from pydantic import ValidationError

from mifg_pipeline.config.generate import GenerateSettings
from mifg_pipeline.config.serving import check_served_models, enter_served_model
from mifg_pipeline.errors import MifgError


def load_settings(document: str | None, overrides: list[str], **flags: Any) -> GenerateSettings:
    """Settings from a YAML document, ``key=value`` overrides and command-line flags, the later the stronger.

    Args:
        document: YAML text of a mapping, or None.
        overrides: Each ``key=value``; keys reach into sections with dots, values are YAML.
        flags: Settings by their keys, with dots as in overrides; those that are None were not given.

    Raises:
        MifgError: If a key is unknown or a value does not fit, naming all of them.
    """
    try:
        content = yaml.safe_load(document) if document else {}
    except yaml.YAMLError as error:
        raise MifgError(f"The settings are not YAML: {error}.", "Mend the file given with --config.") from error
    if not isinstance(content, dict):
        raise MifgError("The settings are not a mapping of keys to values.", "Mend the file given with --config.")
    for override in overrides:
        _apply_override(content, override)
    for key, value in flags.items():
        if value is not None:
            _put(content, key, value)
    try:
        settings = GenerateSettings.model_validate(enter_served_model(content))
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise MifgError(f"The settings do not fit: {problems}.", "See the table of settings in the docs.") from error
    check_served_models(settings)
    return settings


def _apply_override(content: dict[str, Any], override: str) -> None:
    key, equals, value = override.partition("=")
    if not equals or not key:
        raise MifgError(f"--set {override!r} is not of the form key=value.", "Write, for example, --set max_rounds=3.")
    try:
        _put(content, key, yaml.safe_load(value))
    except yaml.YAMLError as error:
        raise MifgError(f"--set {key}: {value!r} is not a YAML value.", "Quote it, or mend it.") from error


def _put(content: dict[str, Any], key: str, value: Any) -> None:
    *sections, name = key.split(".")
    for section in sections:
        content = content.setdefault(section, {})
        if not isinstance(content, dict):
            raise MifgError(f"{key}: {section!r} is not a section.", "Name a key of the table of settings.")
    content[name] = value
