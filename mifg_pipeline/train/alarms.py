"""Figures that say that training goes wrong before the reward does."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from mifg_pipeline.config.train import AlarmSettings

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Alarm:
    """A figure that crossed its threshold.

    Attributes:
        name: The setting that holds the threshold, without its section.
        message: Figure, threshold and what they may mean, in one or two sentences.
    """

    name: str
    message: str


def raised_alarms(rows: Rows, settings: AlarmSettings) -> list[Alarm]:
    """The alarms that the last ``settings.window`` rows raise; none before there are so many.

    Read are ``calls_per_trajectory``, ``valid_calls``, ``right_with_tool``, ``right_without_tool``, ``masked`` and
    ``entropy``. A row that lacks a figure, or has none that is finite, does not count in its mean.

    Args:
        rows: Metrics of the steps so far, the newest last.
        settings: Thresholds; one that is None is off.
    """
    if len(rows) < settings.window:
        return []
    recent = rows[-settings.window :]
    calls = _mean(recent, "calls_per_trajectory")
    valid = _mean(recent, "valid_calls")
    benefit = _tool_benefit(recent)
    masked = _mean(recent, "masked")
    entropy = _mean(recent, "entropy")
    found = (
        _below(
            "min_calls",
            settings.min_calls,
            calls,
            "tool calls per trajectory",
            "The model stops looking again: look whether calls pay (right_with_tool, right_without_tool).",
        ),
        _above(
            "max_calls",
            settings.max_calls,
            calls,
            "tool calls per trajectory",
            "The model calls for the sake of calling: look whether episodes run out of turns (ends.over_turn).",
        ),
        _below(
            "min_valid_calls",
            settings.min_valid_calls,
            valid,
            "of the calls are valid",
            "Read the errors in the trajectories; episode.coordinates may not be those of the model.",
        ),
        _below(
            "min_tool_benefit",
            settings.min_tool_benefit,
            benefit,
            "P(right | tool) - P(right | no tool)",
            "Crops do not help: they may be too small (episode.crop_max_pixels), or miss the evidence.",
        ),
        _above(
            "max_masked",
            settings.max_masked,
            masked,
            "of the sampled tokens get no gradient",
            "The buckets in the metrics say why: groups without signal, limits, invalid actions.",
        ),
        _below(
            "min_entropy",
            settings.min_entropy,
            entropy,
            "nats of entropy per sampled token",
            "The policy collapses: lower optimizer.learning_rate, or go back to an earlier checkpoint.",
        ),
    )
    return [alarm for alarm in found if alarm is not None]


def _below(name: str, threshold: float | None, figure: float | None, what: str, hint: str) -> Alarm | None:
    if threshold is None or figure is None or figure >= threshold:
        return None
    return Alarm(name, f"{figure:.3g} {what}, less than alarms.{name} = {threshold:g}. {hint}")


def _above(name: str, threshold: float | None, figure: float | None, what: str, hint: str) -> Alarm | None:
    if threshold is None or figure is None or figure <= threshold:
        return None
    return Alarm(name, f"{figure:.3g} {what}, more than alarms.{name} = {threshold:g}. {hint}")


def _mean(rows: Rows, name: str) -> float | None:
    figures = [figure for row in rows if (figure := _figure(row, name)) is not None]
    return fmean(figures) if figures else None


def _tool_benefit(rows: Rows) -> float | None:
    """Mean over the steps that have trajectories of both sorts, so that hard steps weigh on both alike."""
    pairs = [(_figure(row, "right_with_tool"), _figure(row, "right_without_tool")) for row in rows]
    differences = [with_tool - without for with_tool, without in pairs if with_tool is not None and without is not None]
    return fmean(differences) if differences else None


def _figure(row: Mapping[str, Any], name: str) -> float | None:
    value = row.get(name)
    return float(value) if value is not None and math.isfinite(value) else None
