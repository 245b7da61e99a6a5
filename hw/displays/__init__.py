"""One panel a module; its name in the settings is the module's."""
