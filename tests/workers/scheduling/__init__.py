"""Team 04: who gets which task next."""
