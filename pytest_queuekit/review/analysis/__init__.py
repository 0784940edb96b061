"""Facts about a source file: its names, SQL, transactions and claims."""
