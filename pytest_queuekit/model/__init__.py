"""The data of the kit: adapters, contracts, histories, verdicts."""
