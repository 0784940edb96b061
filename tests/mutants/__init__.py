"""Queues that are wrong on purpose: what the kit must find fault with, one family a file."""
