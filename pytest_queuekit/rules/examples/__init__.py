"""A wrong and a right implementation of each rule, for the pages that explain the rules."""
