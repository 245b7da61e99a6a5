"""Speech to source text, on this device; one library a module, its name in the settings is the module's."""
