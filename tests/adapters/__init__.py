"""Adapters: what they promise for a library, and how a user names one."""
