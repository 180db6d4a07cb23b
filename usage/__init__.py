"""What was spent? Events, prices, attribution, hourly rollups."""
