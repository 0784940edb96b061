"""The words of the kit, as data: adapters, contracts, histories, verdicts."""
