"""The hand-off to verl: rows, the two tools, the score and a launch recipe."""
