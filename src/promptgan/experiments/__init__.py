"""Tools around the pipeline: the whole parameter file, recipes, own data, comparison with committed results."""
