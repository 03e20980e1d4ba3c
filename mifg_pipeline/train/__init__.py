"""The GRPO trainer of IMAgent."""
