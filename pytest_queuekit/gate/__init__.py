"""The seven success criteria: evidence in, a scoreboard out. Plain functions; no pytest."""
