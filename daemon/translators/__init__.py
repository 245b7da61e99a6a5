"""Source text to target text, on this device; one library a module, its name in the settings is the module's."""
