"""How often each writer and each program family is drawn, and whether that goes together with the quotas."""

from collections.abc import Mapping, Sequence

from mifg_pipeline.agents.state import MODEL_FAMILY
from mifg_pipeline.config import PROGRAM, GenerateSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.programs import families

_DUST = 1e-9


def writer_shares(settings: GenerateSettings) -> dict[str, float]:
    """Weights of the writers: ``program``, and models by their names.

    Raises:
        MifgError: If the mix or the quotas want what no writer writes.
    """
    # Sorted, for what is drawn must not hang on the order in which a file names the writers.
    shares = {name: share for name, share in sorted(settings.agents.question_writer.items()) if share > 0}
    quotas = settings.quotas.family
    models_write = bool(shares.keys() - {PROGRAM})
    if PROGRAM not in shares and (named := sorted({*settings.mix, *quotas} - {MODEL_FAMILY})):
        raise MifgError(
            f"The mix or the quotas name {', '.join(named)}, but programs write nothing.",
            f"Give {PROGRAM} a share in agents.question_writer, or take the families out of mix and quotas.family.",
        )
    if not models_write and quotas.get(MODEL_FAMILY):
        raise MifgError(
            "quotas.family wants questions by models, but no model writes.",
            "Give a model a share in agents.question_writer, or take model out of quotas.family.",
        )
    if models_write and quotas and not quotas.get(MODEL_FAMILY) and (MODEL_FAMILY in quotas or _is_all(quotas)):
        raise MifgError(
            "quotas.family leaves nothing for the models that agents.question_writer names.",
            "Lower a share in quotas.family, or take the models out of agents.question_writer.",
        )
    return shares


def family_weights(settings: GenerateSettings) -> dict[str, float]:
    """Weights of the program families that are drawn: the mix, or the quotas where there is none.

    Raises:
        MifgError: If a family is unknown or a weight negative.
    """
    known = families()
    unknown = sorted({*settings.mix, *settings.quotas.family} - {*known, MODEL_FAMILY})
    if unknown or MODEL_FAMILY in settings.mix:
        raise MifgError(
            f"No program family is named {', '.join(unknown or [MODEL_FAMILY])}.",
            f"There are {', '.join(known)}; shares of models stand in agents.question_writer.",
        )
    if any(weight < 0 for weight in settings.mix.values()):
        raise MifgError("A weight of the mix is negative.", "Give 0 to switch a family off.")
    weights = settings.mix or _shares_as_weights(settings.quotas.family, known)
    return {family: weight for family in known if (weight := weights.get(family, 0.0)) > 0}


def _shares_as_weights(shares: Mapping[str, float], known: Sequence[str]) -> dict[str, float]:
    """The quotas as weights; families without one have what the others leave, in equal parts."""
    others = [family for family in known if family not in shares]
    rest = (1.0 - sum(shares.values())) / len(others) if others else 0.0
    return {**dict.fromkeys(others, rest if rest > _DUST else 0.0), **shares}


def _is_all(shares: Mapping[str, float]) -> bool:
    return sum(shares.values()) >= 1.0 - _DUST
