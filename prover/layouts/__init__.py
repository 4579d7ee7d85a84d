"""Layout files, families that are symbolic in their parameters, layouts at given ones, feeds, names and specs."""
