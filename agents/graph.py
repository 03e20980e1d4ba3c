"""The graph that makes one item.

    image_curator -> question_writer -> lints -> difficulty_critic -> answer_verifier -> end
                          ^               |              |                  |
                          +---- revise ---+--------------+------------------+    at most `max_rounds` times

A step that fails sets ``failure``. The routing sends it back to the writer while rounds are left and another draft can
mend it, and ends the attempt otherwise.
"""

import time
from collections.abc import Awaitable, Callable

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command

from mifg_pipeline.agents.findings import Findings
from mifg_pipeline.agents.inventory import take_inventories
from mifg_pipeline.agents.model_writer import commission_of, write_question
from mifg_pipeline.agents.prober import Subject
from mifg_pipeline.agents.selection import select_images
from mifg_pipeline.agents.state import Agents, ItemState
from mifg_pipeline.config import PROGRAM
from mifg_pipeline.corpus.pixels import ImageError
from mifg_pipeline.gates import FINAL_GATES, LINTS
from mifg_pipeline.items import GateResult
from mifg_pipeline.store.ledger import TrailEntry
from mifg_pipeline.store.usage import Usage

ItemGraph = CompiledStateGraph[ItemState, Agents, ItemState, ItemState]
Step = Callable[[ItemState, Runtime[Agents]], Awaitable[ItemState]]

FINAL_STEPS = FINAL_GATES | {"image_curator", "unreadable_image"}
"""Failures that another draft over the same images cannot mend."""

STEPS_PER_ROUND = 4


def build_graph() -> ItemGraph:
    """The compiled graph; run it with ``initial_state``, ``Agents`` as context and ``recursion_limit``."""
    graph = StateGraph(ItemState, context_schema=Agents)
    graph.add_edge(START, "image_curator")
    _add_step(graph, image_curator, "question_writer")
    _add_step(graph, question_writer, "lints")
    _add_step(graph, lints, "difficulty_critic")
    _add_step(graph, difficulty_critic, "answer_verifier")
    _add_step(graph, answer_verifier, END)
    return graph.compile()


def initial_state(attempt: int) -> ItemState:
    """State before the first step."""
    return ItemState(
        attempt=attempt,
        round=0,
        written=None,
        passed=(),
        failure=None,
        earlier=(),
        people_first=False,
        probes=(),
        calls=(),
        trail=(),
    )


def recursion_limit(max_rounds: int) -> int:
    """Steps that an attempt with all its revisions takes, and one to spare."""
    return 2 + STEPS_PER_ROUND * (max_rounds + 1)


async def image_curator(state: ItemState, runtime: Runtime[Agents]) -> ItemState:
    """Chooses writer and images; where a model picks the images, it looks at every candidate first."""
    agents = runtime.context
    started = time.thread_time()
    plan = agents.curator.plan(state["attempt"])
    seconds = time.thread_time() - started
    if plan is None:
        return _failed(state, GateResult(gate="image_curator", passed=False, reason="too few distinct images"), seconds)
    if plan.model is None or agents.settings.agents.image_curator == PROGRAM:
        return ItemState(plan=plan, trail=_trail(state, "image_curator", True, seconds))
    try:
        return await _pick_images({**state, "plan": plan}, agents, seconds)
    except ImageError as error:
        return _failed({**state, "plan": plan}, _unreadable(error), seconds)


async def question_writer(state: ItemState, runtime: Runtime[Agents]) -> ItemState:
    """Writes the first draft, or the next one where the last has failed."""
    failure = state["failure"]
    if failure is not None:
        state = {**state, "round": state["round"] + 1, "earlier": (*state["earlier"], failure)}
    state = {**state, "passed": (), "failure": None, "people_first": False, "probes": ()}
    try:
        if state["plan"].model is not None:
            return await _write_with_model(state, runtime.context)
        written = await runtime.context.writer.write(state["plan"], state["attempt"], state["round"])
    except ImageError as error:
        return _failed(state, _unreadable(error), 0.0)
    if written.value is None:
        reason = f"the images do not afford {state['plan'].program}"
        return _failed(state, GateResult(gate="question_writer", passed=False, reason=reason), written.seconds)
    trail = _trail(state, "question_writer", True, written.seconds)
    return {**state, "draft": written.value, "trail": trail}


async def lints(state: ItemState, runtime: Runtime[Agents]) -> ItemState:
    """Runs the cheap gates in order, up to the first that fails."""
    for gate in LINTS:
        started = time.thread_time()
        result = gate(state["draft"], runtime.context.settings.gates)
        state = _after_gate(state, result, time.thread_time() - started)
        if not result.passed:
            break
    return state


async def difficulty_critic(state: ItemState, runtime: Runtime[Agents]) -> ItemState:
    """Labels the draft, or rejects it where it is illegible, badly put or too easy."""
    try:
        criticism = await runtime.context.critic.criticise(_subject(state))
    except ImageError as error:
        return _failed(state, _unreadable(error), 0.0)
    state = _with_findings(state, criticism.findings)
    return state if criticism.difficulty is None else {**state, "difficulty": criticism.difficulty}


async def answer_verifier(state: ItemState, runtime: Runtime[Agents]) -> ItemState:
    """Has a witness and solvers answer the question."""
    try:
        return _with_findings(state, await runtime.context.verifier.verify(_subject(state)))
    except ImageError as error:
        return _failed(state, _unreadable(error), 0.0)


async def _pick_images(state: ItemState, agents: Agents, seconds: float) -> ItemState:
    """Has the curator's model look at the candidates and pick some."""
    name = agents.settings.agents.image_curator
    model, settings = agents.models[name], agents.settings.models[name]
    plan, attempt = state["plan"], state["attempt"]
    candidates = [agents.curator.image(digest) for digest in plan.images]
    paths = [agents.locate(image, attempt) for image in candidates]
    seen = await take_inventories(candidates, paths, model, settings)
    trail = _trail(state, "inventory", None not in seen.images, 0.0, seen.usage)
    state = {**state, "trail": trail, "calls": (*state["calls"], *seen.calls)}
    if not any(seen.images):
        reason = f"no inventory could be read: {seen.fault}"
        return _failed(state, GateResult(gate="image_curator", passed=False, reason=reason), seconds)
    picked = await select_images(plan, candidates, seen.images, model, settings, sample=attempt)
    state = {**state, "calls": (*state["calls"], *picked.calls)}
    if picked.plan is None:
        return _failed(state, picked.result, seconds, picked.usage)
    return {**state, "plan": picked.plan, "trail": _trail(state, "image_curator", True, seconds, picked.usage)}


async def _write_with_model(state: ItemState, agents: Agents) -> ItemState:
    """Has the plan's model write, told of everything that was wrong with its earlier drafts."""
    name = str(state["plan"].model)
    written = await write_question(commission_of(state, agents), agents.models[name], agents.settings)
    state = {**state, "written": written.reply, "calls": (*state["calls"], *written.calls)}
    if written.draft is None:
        return _failed(state, written.result, 0.0, written.usage)
    return {**state, "draft": written.draft, "trail": _trail(state, written.result.gate, True, 0.0, written.usage)}


def next_step(state: ItemState, max_rounds: int, onward: str) -> str:
    """Where an attempt goes: onward, back to the writer, or to its end."""
    failure = state["failure"]
    if failure is None:
        return onward
    can_be_mended = failure.gate not in FINAL_STEPS and state["round"] < max_rounds
    return "question_writer" if can_be_mended else END


def _add_step(graph: StateGraph[ItemState, Agents, ItemState, ItemState], step: Step, onward: str) -> None:
    """Adds a step that says where to go from there; conditional edges would read the whole state once more."""

    async def routed(state: ItemState, runtime: Runtime[Agents]) -> Command[str]:
        after = await step(state, runtime)
        return Command(update=after, goto=next_step({**state, **after}, runtime.context.settings.max_rounds, onward))

    graph.add_node(step.__name__, routed, destinations=(onward, "question_writer", END))


def _subject(state: ItemState) -> Subject:
    return Subject(state["draft"], state["attempt"], state["round"])


def _with_findings(state: ItemState, findings: Findings) -> ItemState:
    for step in findings.steps:
        state = _after_gate(state, step.result, step.seconds, step.usage)
    return {
        **state,
        "probes": (*state["probes"], *findings.probes),
        "calls": (*state["calls"], *findings.calls),
        "people_first": state["people_first"] or findings.people_first,
    }


def _after_gate(state: ItemState, result: GateResult, seconds: float, usage: Usage | None = None) -> ItemState:
    if not result.passed:
        return _failed(state, result, seconds, usage)
    return {
        **state,
        "passed": (*state["passed"], result),
        "trail": _trail(state, result.gate, True, seconds, usage),
    }


def _failed(state: ItemState, result: GateResult, seconds: float, usage: Usage | None = None) -> ItemState:
    return {**state, "failure": result, "trail": _trail(state, result.gate, False, seconds, usage)}


def _trail(
    state: ItemState, step: str, passed: bool, seconds: float, usage: Usage | None = None
) -> tuple[TrailEntry, ...]:
    return (*state["trail"], TrailEntry(step, state["round"], passed, round(seconds, 6), usage))


def _unreadable(error: ImageError) -> GateResult:
    return GateResult(gate="unreadable_image", passed=False, reason=f"{error.path.name} {error.fault}")
