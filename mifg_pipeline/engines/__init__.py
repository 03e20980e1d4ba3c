"""Samplers of token ids, and the ledger of what was sampled and what was not."""
