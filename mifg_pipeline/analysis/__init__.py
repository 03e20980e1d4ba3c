"""Looks into trajectories: where the model attends, whether looking again helps, and what a mask changes."""
