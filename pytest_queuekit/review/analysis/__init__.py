"""What a source file says about its use of the queue: names, SQL, blocks, claims."""
