"""Audio in, translation results out; one engine a module, its name in the settings is the module's."""
