"""vLLM as an engine: a process of its own that samples, and the client that keeps it running."""
