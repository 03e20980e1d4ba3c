"""How good a model is: on our own set and on the benchmarks of the field."""
