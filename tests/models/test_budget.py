"""The budget is kept whatever runs side by side, and used up before the run stops."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from chat_examples import make_reply, make_request
from hypothesis import given
from hypothesis import strategies as st
from virtual_time import run

from mifg_pipeline.config import BudgetSettings
from mifg_pipeline.models.budget import Budget
from mifg_pipeline.models.chat import BudgetSpent, ImagePart, Message, RequestRefused
from mifg_pipeline.models.estimate import prompt_tokens
from mifg_pipeline.models.prices import Price
from mifg_pipeline.store.usage import Usage

PRICE = Price(input=100_000, output=100_000)
"""A tenth per token."""

REQUEST = make_request(max_tokens=96)
"""Estimated at 4 tokens of prompt: it may cost 10."""

MOST = PRICE.of(prompt_tokens(REQUEST), REQUEST.max_tokens)


class Server:
    """Replies after a while with so many tokens; the tokens of each reply in turn, then the last ones."""

    def __init__(self, *tokens: tuple[int, int], latency: float = 1.0) -> None:
        self.tokens = tokens
        self.latency = latency
        self.paid = 0.0
        self.calls = 0

    async def complete(self, request):
        prompt, completion = self.tokens[min(self.calls, len(self.tokens) - 1)]
        self.calls += 1
        await asyncio.sleep(self.latency)
        self.paid += PRICE.of(prompt, completion)
        return make_reply(request, prompt_tokens=prompt, completion_tokens=completion)


def ask(server: Any, budget: Budget, count: int, price: Price | None = PRICE) -> list[Any]:
    """Asks so many times side by side; the replies and exceptions."""

    async def work():
        model = budget.around(server, price)
        return await asyncio.gather(*(model.complete(REQUEST) for _ in range(count)), return_exceptions=True)

    return run(work())


def test_the_example_may_cost_ten():
    assert pytest.approx(10.0) == MOST


@given(limit=st.integers(1, 30), spent=st.integers(0, 40), count=st.integers(1, 50))
def test_calls_end_exactly_at_the_limit_with_those_of_earlier_starts(limit, spent, count):
    server = Server((4, 10))
    results = ask(server, Budget(BudgetSettings(calls=limit), Usage(calls=spent)), count)
    assert server.calls == min(count, max(0, limit - spent))
    assert sum(isinstance(result, BudgetSpent) for result in results) == count - server.calls


@given(
    limit=st.floats(1, 100),
    spent=st.floats(0, 100),
    completions=st.lists(st.integers(0, 96), min_size=1, max_size=50),
)
def test_money_never_exceeds_the_limit_and_what_is_left_holds_no_further_call(limit, spent, completions):
    server = Server(*((4, completion) for completion in completions))
    results = ask(server, Budget(BudgetSettings(money=limit), Usage(money=spent)), len(completions))
    total = spent + server.paid
    assert total <= max(limit, spent) + 1e-6
    if any(isinstance(result, BudgetSpent) for result in results):
        assert total + MOST > limit


def test_calls_side_by_side_do_not_overshoot_the_money():
    server = Server((4, 96))
    results = ask(server, Budget(BudgetSettings(money=35), Usage()), 50)
    assert server.paid == pytest.approx(30)
    assert sum(isinstance(result, BudgetSpent) for result in results) == 47


def test_money_that_was_set_aside_in_vain_pays_for_further_calls():
    server = Server((4, 0))
    results = ask(server, Budget(BudgetSettings(money=35), Usage()), 50)
    assert server.calls == 50
    assert not any(isinstance(result, BudgetSpent) for result in results)


def test_prompts_that_take_more_tokens_than_estimated_are_reckoned_with():
    server = Server((400, 0))  # 40 each, where 10 were expected
    ask(server, Budget(BudgetSettings(money=100), Usage()), 50)
    assert server.paid == pytest.approx(80)


def test_that_text_is_judged_well_says_nothing_about_images():
    server = Server((4, 0), (40_000, 0))  # the image takes ten times what is expected

    async def work():
        model = Budget(BudgetSettings(money=10_000), Usage()).around(server, PRICE)
        await model.complete(REQUEST)
        showing = make_request(messages=(Message("user", (ImagePart("0" * 64, Path("kite.jpg")),)),))
        await asyncio.gather(*(model.complete(showing) for _ in range(9)), return_exceptions=True)

    run(work())
    assert server.paid == pytest.approx(8000.4)


def test_a_spent_budget_stops_the_run_only_when_what_is_under_way_has_ended():
    server = Server((4, 10))

    async def work():
        model = Budget(BudgetSettings(calls=1), Usage()).around(server, PRICE)
        under_way = asyncio.create_task(model.complete(REQUEST))
        await asyncio.sleep(0)
        with pytest.raises(BudgetSpent):
            await model.complete(REQUEST)
        return under_way.done()

    assert run(work())


def test_the_error_says_what_to_do():
    (error,) = ask(Server((4, 0)), Budget(BudgetSettings(calls=7), Usage(calls=7)), 1)
    assert "7 calls (budget.calls)" in error.problem
    assert "resumes" in error.remedy
    (error,) = ask(Server((4, 0)), Budget(BudgetSettings(money=12), Usage(money=5)), 1)
    assert "12 (budget.money)" in error.problem


def test_replies_say_what_they_cost():
    (reply,) = ask(Server((4, 16)), Budget(BudgetSettings(), Usage()), 1)
    assert reply.money == pytest.approx(2.0)


def test_a_reply_whose_tokens_the_server_does_not_count_may_have_cost_the_most():
    server = Server((0, 0))
    results = ask(server, Budget(BudgetSettings(money=35), Usage()), 10)
    assert server.calls == 3
    assert results[0].money == pytest.approx(MOST)


def test_a_reply_of_a_model_without_a_price_has_no_cost_and_counts_as_a_call():
    budget = Budget(BudgetSettings(calls=1), Usage())
    (reply,) = ask(Server((4, 16)), budget, 1, price=None)
    assert reply.money is None
    assert isinstance(ask(Server((4, 16)), budget, 1, price=None)[0], BudgetSpent)


def test_a_refused_request_is_a_call_that_costs_nothing():
    class Refusing:
        async def complete(self, request):
            raise RequestRefused("too long")

    budget = Budget(BudgetSettings(calls=4, money=10), Usage())
    assert all(isinstance(result, RequestRefused) for result in ask(Refusing(), budget, 3))
    assert len(ask(Server((4, 0)), budget, 1)) == 1
    assert isinstance(ask(Server((4, 0)), budget, 1)[0], BudgetSpent)


def test_a_cancelled_call_counts_as_paid_and_holds_nobody_up():
    budget = Budget(BudgetSettings(money=25), Usage())

    async def work():
        model = budget.around(Server((4, 0)), PRICE)
        tasks = [asyncio.create_task(model.complete(REQUEST)) for _ in range(5)]
        await asyncio.sleep(0.5)
        tasks[0].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    results = run(work())
    assert isinstance(results[0], asyncio.CancelledError)
    assert [result.money for result in results[1:]] == pytest.approx([0.4] * 4)
