"""Correct queues of different build: what the kit must not find fault with."""
