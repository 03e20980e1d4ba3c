"""Looks into trajectories of a training run: where the model attends, whether looking helps, and what a mask changes."""
