"""What validation.py is made of: one check a module, and what they work on."""
