"""Numbers, times, dates and prices: from words to figures, from one language's figures to another's, and read out."""
