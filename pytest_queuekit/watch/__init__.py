"""What the code under test does to its queue databases while it runs; knows no pytest."""
