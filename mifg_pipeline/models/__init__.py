"""Models behind the OpenAI protocol."""
