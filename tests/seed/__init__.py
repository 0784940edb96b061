"""The document that the queue's users had first: it runs word for word."""
