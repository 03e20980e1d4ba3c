"""A server that stands in for a model: the OpenAI protocol with settable latency, faults and accuracy."""
