"""The part of the plugin that is loaded only when rules or checks are asked for."""
