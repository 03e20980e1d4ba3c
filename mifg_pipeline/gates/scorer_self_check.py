"""Gate 4: does the scorer reward the key, and nothing but the key?"""

from mifg_pipeline.config import GateSettings
from mifg_pipeline.items import Draft, GateResult
from mifg_pipeline.scoring import expected_scores, score_reply


def scorer_self_check(draft: Draft, _settings: GateSettings) -> GateResult:
    """Rejects a draft whose key does not score 1, or a distractor of which does not score 0, as whole replies."""
    for text, expected in expected_scores(draft):
        score = score_reply(draft.answer, draft.options, f"<answer>{text}</answer>")
        if score != expected:
            return GateResult(
                gate="scorer_self_check",
                passed=False,
                reason=f"the answer {text[:80]!r} scores {score:g} and should score {expected:g}",
                figures={"text": text, "score": score, "expected": expected},
            )
    return GateResult(gate="scorer_self_check", passed=True)
