"""The command ``dragoman``: one subcommand a module."""
