"""The sheets of a funds: places, rosters, costs, and who took part in earlier years."""
