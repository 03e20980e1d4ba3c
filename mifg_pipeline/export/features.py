"""How the columns are declared to the Hugging Face ``datasets`` library.

A list is spelt ``[feature]``, the one form that both generations of the library read: from version 4 on it writes
``{"_type": "List"}``, which version 3 does not know, and version 3 turns a ``Sequence`` of a struct into a struct of
lists.
"""

import json
from typing import Any

import pyarrow as pa

from mifg_pipeline.export.columns import IMAGE

_VALUE_NAMES = {
    pa.binary(): "binary",
    pa.bool_(): "bool",
    pa.int32(): "int32",
    pa.float64(): "float64",
    pa.string(): "string",
}


def schema_with_features(columns: pa.Schema) -> pa.Schema:
    """The schema with the metadata from which ``datasets`` takes the features of a Parquet file."""
    features = {field.name: feature_json(field.type) for field in columns}
    return columns.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def feature_json(data_type: pa.DataType) -> Any:
    """A feature as it stands in the metadata of a Parquet file."""
    if data_type == IMAGE:
        return {"_type": "Image"}
    if pa.types.is_list(data_type):
        return [feature_json(data_type.value_type)]
    if pa.types.is_struct(data_type):
        return {field.name: feature_json(field.type) for field in data_type}
    return {"dtype": _VALUE_NAMES[data_type], "_type": "Value"}


def features_yaml(columns: pa.Schema) -> list[dict[str, Any]]:
    """The features as they stand in the front matter of a dataset card."""
    return [{"name": field.name, **_feature_yaml(field.type)} for field in columns]


def _feature_yaml(data_type: pa.DataType) -> dict[str, Any]:
    if data_type == IMAGE:
        return {"dtype": "image"}
    if pa.types.is_list(data_type):
        ((_, inner),) = _feature_yaml(data_type.value_type).items()
        return {"list": inner}
    if pa.types.is_struct(data_type):
        return {"struct": [{"name": field.name, **_feature_yaml(field.type)} for field in data_type]}
    return {"dtype": _VALUE_NAMES[data_type]}
