"""The suites: sets of checks that a run can contain, one module a suite."""
