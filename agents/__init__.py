"""The agents that make one item, and the graph that joins them."""
