"""The budget of a run: a hard stop in calls and in money, counting what earlier starts spent.

A call is counted, and the most that it may cost is set aside, before it is sent, so that calls side by side cannot
overshoot. While what is set aside does not leave enough for one more, that one waits until others have settled.
Prompts are priced by an estimate, which is corrected by the worst misjudgement so far.
"""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from mifg_pipeline.config import BudgetSettings
from mifg_pipeline.models.chat import BudgetSpent, ChatModel, ChatReply, ChatRequest, RequestRefused
from mifg_pipeline.models.estimate import prompt_tokens, shows_images
from mifg_pipeline.models.prices import Price
from mifg_pipeline.store.usage import Usage

_ROUNDING = 1e-9
"""Far below any price of a call; sums that are equal on paper may differ by less."""

_REMEDY = "Raise it and run the same command again: it resumes, and no finished call is paid twice."


class Budget:
    """What the calls of all models may cost together.

    Args:
        settings: The limits.
        spent: What earlier starts of the run spent.
    """

    def __init__(self, settings: BudgetSettings, spent: Usage) -> None:
        self._settings = settings
        self._calls = spent.calls
        self._money = spent.money
        self._set_aside = 0.0
        self._pending = 0
        self._settled = asyncio.Event()

    def around(self, model: ChatModel, price: Price | None) -> ChatModel:
        """The model within the budget; its replies say what they cost, or may have cost where no tokens are counted.

        Args:
            model: What is paid for.
            price: What it costs; None where that is unknown, and replies say so.
        """
        return _Counted(self, model) if price is None else _Budgeted(self, model, price)

    @property
    def money_left(self) -> float:
        """Money that is not spent yet, what is set aside included; infinite where there is no limit."""
        return math.inf if self._settings.money is None else self._settings.money - self._money

    async def reserve(self, most: Callable[[], float]) -> float:
        """Counts a call and sets aside the money that it may cost; ``settle`` has to follow.

        Args:
            most: That it may cost, as far as is known by now.

        Returns:
            What was set aside.

        Raises:
            BudgetSpent: If the call would exceed the budget, whatever those under way turn out to cost. It comes once
                they have settled.
        """
        while (amount := most()) > (self.money_left - self._set_aside) + _ROUNDING:
            if not self._pending:
                raise BudgetSpent(
                    f"The budget of {self._settings.money:g} (budget.money) does not hold another call: "
                    f"{self._money:.4f} are spent, and a call may cost up to {amount:.4f}.",
                    _REMEDY,
                )
            await self._settled.wait()
        if self._settings.calls is not None and self._calls >= self._settings.calls:
            while self._pending:  # the error ends the run: what is under way is paid, and shall not be lost
                await self._settled.wait()
            raise BudgetSpent(f"The budget of {self._settings.calls} calls (budget.calls) is spent.", _REMEDY)
        self._calls += 1
        self._set_aside += amount
        self._pending += 1
        return amount

    def settle(self, most: float, cost: float) -> None:
        """Takes note of what a call has cost.

        Args:
            most: As it was reserved.
            cost: Its price.
        """
        self._set_aside -= most
        self._money += cost
        self._pending -= 1
        self._settled.set()
        self._settled = asyncio.Event()


@dataclass
class _Budgeted:
    """A model within a budget.

    Attributes:
        misjudged: The largest factor so far by which prompts took more tokens than estimated, without and with images.
    """

    budget: Budget
    model: ChatModel
    price: Price
    misjudged: dict[bool, float] = field(default_factory=dict)

    async def complete(self, request: ChatRequest) -> ChatReply:
        kind, estimate = shows_images(request), prompt_tokens(request)

        def likely_cost() -> float:
            return self.price.of(estimate * self.misjudged.get(kind, 1.0), request.max_tokens)

        def most() -> float:
            # Until a reply has shown how the server counts tokens, a call may cost all that is left.
            is_known = kind in self.misjudged or self.budget.money_left == math.inf
            return likely_cost() if is_known else max(likely_cost(), self.budget.money_left)

        amount = await self.budget.reserve(most)
        cost = likely_cost()  # a call that is cut off, or of which the server counts no tokens, may have been paid
        try:
            reply = await self.model.complete(request)
            if reply.prompt_tokens:
                cost = self.price.of(reply.prompt_tokens, reply.completion_tokens)
            self.misjudged[kind] = max(self.misjudged.get(kind, 1.0), reply.prompt_tokens / estimate)
            return replace(reply, money=cost)
        except RequestRefused:
            cost = 0.0
            raise
        finally:
            self.budget.settle(amount, cost)


@dataclass(frozen=True)
class _Counted:
    """A model of which the price is not known."""

    budget: Budget
    model: ChatModel

    async def complete(self, request: ChatRequest) -> ChatReply:
        await self.budget.reserve(lambda: 0.0)
        try:
            return await self.model.complete(request)
        finally:
            self.budget.settle(0.0, 0.0)
