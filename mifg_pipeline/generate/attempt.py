"""One attempt: runs the graph and turns its final state into an outcome."""

from typing import cast

from mifg_pipeline.agents.graph import ItemGraph, initial_state, recursion_limit
from mifg_pipeline.agents.state import Agents, ItemState
from mifg_pipeline.gates import question_key
from mifg_pipeline.items import Item, Provenance, QuestionRecord, Rejection, Verdict
from mifg_pipeline.store import Accepted, Outcome, Rejected


async def run_attempt(graph: ItemGraph, agents: Agents, attempt: int, run_id: str) -> Outcome:
    """The outcome of an attempt before run-level decisions."""
    config = {"recursion_limit": recursion_limit(agents.settings.max_rounds)}
    final = await graph.ainvoke(initial_state(attempt), config, context=agents)  # type: ignore[call-overload]
    return outcome_of(cast(ItemState, final), run_id, agents.settings.seed)


def outcome_of(state: ItemState, run_id: str, seed: int) -> Outcome:
    """An item where nothing failed, else a rejection with what failed last and before."""
    failure = state["failure"]
    if failure is not None:
        rejection = Rejection(
            attempt=state["attempt"],
            program=state["plan"].program if "plan" in state else "",
            gate=failure.gate,
            reason=failure.reason,
            figures=failure.figures,
            draft=state.get("draft"),
            earlier=state["earlier"],
        )
        return Rejected(rejection, state["trail"])
    draft = state["draft"]
    item = Item(
        **{name: getattr(draft, name) for name in QuestionRecord.model_fields},
        id=draft.compute_id(),
        digest=draft.compute_digest(),
        difficulty=state["difficulty"],
        probes=state["probes"],
        verdict=Verdict(gates=state["passed"], people_first=state["people_first"]),
        provenance=Provenance(
            run_id=run_id,
            attempt=state["attempt"],
            seed=seed,
            writer=draft.writer,
            model_calls=state["calls"],
        ),
    )
    return Accepted(item, question_key(draft), state["trail"])
