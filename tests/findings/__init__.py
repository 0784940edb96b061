"""Findings in real queue libraries, each reproduced by a script without the kit."""
