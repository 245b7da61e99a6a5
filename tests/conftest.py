"""Read before any test: property tests are run as `tests.support.properties` has it, also those that do not say so."""

import tests.support.properties  # noqa: F401 -- being imported is what it is for
