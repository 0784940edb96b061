"""The gate's criteria, one by one."""
