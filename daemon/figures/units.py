"""Units that are written alike in all languages, and so go with their number: ``5 kg``, ``120 km/h``, ``500 mg``."""

#: What matches one, without what may not stand around it. Hours are none: ``a las 8 h`` is a time.
UNITS = (
    r"km/h|mph|km\u00b2|[kcm]?m|m\u00b2|[cdm]?l|(?:[km]|mc|[\u00b5\u03bc])?g|min|k?W(?:h)?|m?A|V|[kMG]?Hz|[kMGT]B|kcal"
)
