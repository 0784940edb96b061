"""The seven success criteria: evidence in, a scoreboard out. Plain functions without pytest."""
