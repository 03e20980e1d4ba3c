"""The workload in curator: one LLM per call, each over the responses to the one before."""

import os
from importlib.util import find_spec
from pathlib import Path

os.environ |= {
    "TELEMETRY_ENABLED": "false",
    # A tokenizer is downloaded unless it lies there.
    "TIKTOKEN_CACHE_DIR": str(Path(find_spec("litellm").origin).parent / "litellm_core_utils" / "tokenizers"),
    "OPENAI_API_KEY": "none",
    "LITELLM_LOCAL_MODEL_COST_MAP": "true",
}

from bespokelabs import curator
from bespokelabs.curator.types.prompt import Image
from workload import IN_FLIGHT, Call, Workload, parse_arguments


class Caller(curator.LLM):
    """Makes one call of each row."""

    def __init__(self, call: Call, workload: Workload, url: str) -> None:
        super().__init__(
            "stub",
            backend="openai",
            # It takes no instructions of their own with images.
            system_prompt=None if workload.pairs else call.system,
            generation_params={"temperature": 0.7, "max_tokens": 1024},
            backend_params={
                "base_url": url,
                "max_concurrent_requests": IN_FLIGHT,
                "max_requests_per_minute": 10**9,
                "max_tokens_per_minute": 10**12,
            },
        )
        self.call = call
        self.workload = workload

    def prompt(self, row: dict) -> str | tuple:
        """The user's message of a row."""
        text = self.call.task(row["row"], row["reply"])
        images = [Image(url=path) for path in self.workload.pair_of(row["row"])]
        return (*images, f"{self.call.system}\n\n{text}") if images else text

    def parse(self, row: dict, response: str) -> dict:
        """The row with the reply."""
        return {"row": row["row"], "reply": response}


def main() -> None:
    """Makes the rows."""
    arguments = parse_arguments()
    workload = Workload.read(arguments.workload)
    rows = [{"row": row, "reply": ""} for row in range(arguments.rows)]
    for number, call in enumerate(workload.calls):
        rows = Caller(call, workload, arguments.url)(rows, working_dir=str(arguments.folder / str(number))).dataset


if __name__ == "__main__":
    main()
