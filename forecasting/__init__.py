"""Where is it heading? Projections, intervals, scenarios and recommended amounts."""
