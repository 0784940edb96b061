"""The targets of performance, and how a queue is measured against them."""
