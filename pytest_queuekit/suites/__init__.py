"""The suites: sets of checks that a run can contain, one suite in each module."""
