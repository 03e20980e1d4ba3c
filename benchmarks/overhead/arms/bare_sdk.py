"""The least that one can write: a loop over the `openai` SDK with its default transport, which keeps nothing."""

import asyncio
import json

from openai import AsyncOpenAI
from workload import IN_FLIGHT, Call, Workload, parse_arguments


async def main() -> None:
    """Makes the rows, so many at a time."""
    arguments = parse_arguments()
    workload = Workload.read(arguments.workload)
    slots = asyncio.Semaphore(IN_FLIGHT)
    async with AsyncOpenAI(base_url=arguments.url, api_key="none", max_retries=0) as client:

        async def make(row: int) -> None:
            async with slots:
                earlier = ""
                for call in workload.calls:
                    response = await client.chat.completions.create(**_request(call, workload, row, earlier))
                    earlier = json.dumps(json.loads(response.choices[0].message.content))

        await asyncio.gather(*map(make, range(arguments.rows)))


def _request(call: Call, workload: Workload, row: int, earlier: str) -> dict:
    images = [{"type": "image_url", "image_url": {"url": url}} for url in workload.images_of(row)]
    text = call.task(row, earlier)
    return {
        "model": "stub",
        "messages": [
            {"role": "system", "content": call.system},
            {"role": "user", "content": [*images, {"type": "text", "text": text}] if images else text},
        ],
        "temperature": 0.7,
        "max_tokens": 1024,
        "response_format": {"type": "json_schema", "json_schema": call.schema},
    }


if __name__ == "__main__":
    asyncio.run(main())
