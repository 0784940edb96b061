"""Each fault, and how it reaches an actor."""
