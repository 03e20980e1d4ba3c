"""Reads settings: YAML document, overrides and flags, the later the stronger."""

from collections.abc import Mapping
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from mifg_pipeline.config.base import Settings
from mifg_pipeline.config.generate import GenerateSettings
from mifg_pipeline.config.serving import check_served_models, enter_served_model
from mifg_pipeline.config.train import TrainSettings
from mifg_pipeline.errors import MifgError

_Settings = TypeVar("_Settings", bound=Settings)


def load_settings(document: str | None, overrides: list[str], **flags: Any) -> GenerateSettings:
    """Settings of a generation run from a YAML document, ``key=value`` overrides and flags, the later the stronger.

    Args:
        document: YAML text of a mapping, or None.
        overrides: Each ``key=value``; keys reach into sections with dots, values are YAML.
        flags: Settings by their keys, with dots as in overrides; those that are None were not given.

    Raises:
        MifgError: If a key is unknown or a value does not fit, naming all of them.
    """
    content = _merged(read_settings(document), overrides)
    for key, value in flags.items():
        if value is not None:
            _put(content, key, value)
    settings = _validated(GenerateSettings, enter_served_model(content))
    check_served_models(settings)
    return settings


def load_train_settings(document: str | None, overrides: list[str]) -> TrainSettings:
    """Settings of a training run from a YAML document and ``key=value`` overrides, the later the stronger.

    Raises:
        MifgError: As ``load_settings``.
    """
    content = _merged(read_settings(document), overrides)
    for section in ("model", "data"):
        content.setdefault(section, {})  # so that what is required in it is named, and not the section
    return _validated(TrainSettings, content)


def load_section(section: type[_Settings], overrides: list[str], **given: Mapping[str, Any]) -> _Settings:
    """One section of settings, its defaults changed by ``key=value`` overrides.

    Args:
        section: Its class.
        overrides: As in ``load_settings``.
        given: Sections of it by name, weaker than the overrides.

    Raises:
        MifgError: As ``load_settings``.
    """
    content: dict[str, Any] = {name: dict(values) for name, values in given.items()}
    return _validated(section, _merged(content, overrides))


def read_settings(document: str | None) -> dict[str, Any]:
    """What a YAML document of settings says, unchecked.

    Raises:
        MifgError: If it is no mapping.
    """
    try:
        content = yaml.safe_load(document) if document else {}
    except yaml.YAMLError as error:
        raise MifgError(f"The settings are not YAML: {error}.", "Mend the settings file.") from error
    if not isinstance(content, dict):
        raise MifgError("The settings are not a mapping of keys to values.", "Mend the settings file.")
    return content


def _merged(content: dict[str, Any], overrides: list[str]) -> dict[str, Any]:
    for override in overrides:
        _apply_override(content, override)
    return content


def _validated(kind: type[_Settings], content: dict[str, Any]) -> _Settings:
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise MifgError(
            f"The settings do not fit: {problems}.",
            "Give them with --set key=value or in the settings file; the docs have a table of all settings.",
        ) from error


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
        if content.get(section) is None:  # not there, or nothing in it
            content[section] = {}
        content = content[section]
        if not isinstance(content, dict):
            raise MifgError(f"{key}: {section!r} is not a section.", "Name a key of the table of settings.")
    content[name] = value
