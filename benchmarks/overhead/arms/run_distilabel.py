"""The workload in distilabel: a task per call, each a process of its own, between which rows go in batches."""

from typing import Any

from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import Task
from pydantic import PrivateAttr
from workload import IN_FLIGHT, Workload, parse_arguments

BATCH = IN_FLIGHT
"""Rows that a task asks about at a time; the next task does so meanwhile, so that more requests are in flight than in
other arms. With half of it there would be fewer, but each row would cost a quarter more."""


class MakeCall(Task):
    """One call of each row.

    Attributes:
        workload_path: Where the workload lies.
        number: Which of its calls.
    """

    workload_path: str
    number: int
    _workload: Any = PrivateAttr(None)

    @property
    def inputs(self) -> list[str]:
        """Columns that it needs."""
        return ["row", f"reply_{self.number - 1}"] if self.number else ["row"]

    @property
    def outputs(self) -> list[str]:
        """The column that it adds."""
        return [f"reply_{self.number}"]

    def load(self) -> None:
        """Reads the workload in the process of the task."""
        super().load()
        self._workload = Workload.read(self.workload_path)

    def format_input(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        """The messages of a row."""
        call = self._workload.calls[self.number]
        text = call.task(row["row"], row.get(f"reply_{self.number - 1}", ""))
        images = [{"type": "image_url", "image_url": {"url": url}} for url in self._workload.images_of(row["row"])]
        return [
            {"role": "system", "content": call.system},
            {"role": "user", "content": [*images, {"type": "text", "text": text}] if images else text},
        ]

    def format_output(self, output: str | None, input: dict[str, Any] | None = None) -> dict[str, Any]:  # noqa: A002, ARG002
        """The reply as a column."""
        return {f"reply_{self.number}": output}


def main() -> None:
    """Makes the rows."""
    arguments = parse_arguments()
    with Pipeline("overhead", cache_dir=arguments.folder) as pipeline:
        step = LoadDataFromDicts(data=[{"row": row} for row in range(arguments.rows)], batch_size=BATCH)
        for number in range(4):
            llm = OpenAILLM(
                model="stub",
                base_url=arguments.url,
                api_key="none",
                generation_kwargs={"temperature": 0.7, "max_new_tokens": 1024},
            )
            task = MakeCall(
                name=f"call_{number}",
                llm=llm,
                workload_path=str(arguments.workload),
                number=number,
                input_batch_size=BATCH,
                add_raw_input=False,
                add_raw_output=False,
            )
            step >> task
            step = task
    pipeline.run(use_cache=False)


if __name__ == "__main__":
    main()
