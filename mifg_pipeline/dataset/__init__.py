"""The dataset as a thing: verified again, read back into a run, published."""
