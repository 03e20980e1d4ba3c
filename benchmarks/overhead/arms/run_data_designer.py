"""The workload in data-designer: a column per call, over a column with the number of the row."""

import json
import os

os.environ |= {"NEMO_TELEMETRY_ENABLED": "false"}

import pandas as pd
from data_designer.config import (
    ChatCompletionInferenceParams,
    DataDesignerConfigBuilder,
    DataFrameSeedSource,
    ImageContext,
    ImageFormat,
    LLMTextColumnConfig,
    ModelConfig,
    ModelProvider,
    RunConfig,
)
from data_designer.interface import DataDesigner
from workload import IN_FLIGHT, Workload, parse_arguments


def main() -> None:
    """Makes the rows."""
    arguments = parse_arguments()
    workload = Workload.read(arguments.workload)
    parameters = ChatCompletionInferenceParams(temperature=0.7, max_tokens=1024, max_parallel_requests=IN_FLIGHT)
    model = ModelConfig(alias="stub", model="stub", provider="stub", inference_parameters=parameters)
    builder = DataDesignerConfigBuilder(model_configs=[model])
    pairs = [json.dumps(workload.pair_of(row)) for row in range(arguments.rows)]
    builder.with_seed_dataset(DataFrameSeedSource(df=pd.DataFrame({"row": range(arguments.rows), "pair": pairs})))
    images = ImageContext(column_name="pair", image_format=ImageFormat.JPEG)
    for number, call in enumerate(workload.calls):
        prompt = call.task("{{ row }}", f"{{{{ reply_{number - 1} }}}}" if number else "")
        builder.add_column(
            LLMTextColumnConfig(
                name=f"reply_{number}",
                model_alias="stub",
                system_prompt=call.system,
                prompt=prompt,
                multi_modal_context=[images] if workload.pairs else None,
            )
        )
    provider = ModelProvider(name="stub", endpoint=arguments.url, api_key="none")
    designer = DataDesigner(arguments.folder, model_providers=[provider])
    designer.set_run_config(RunConfig(otel_metrics_port=None))
    designer.create(builder, num_records=arguments.rows)


if __name__ == "__main__":
    main()
