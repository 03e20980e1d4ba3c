"""Examines model, data and engine of a training run on a few questions, before days are spent on them."""
