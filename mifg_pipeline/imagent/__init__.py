"""IMAgent: answers questions about several images, and may look again before it does."""
