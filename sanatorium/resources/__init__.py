"""The sheets of a sanatorium year: places, rosters, costs, and who took part in earlier years."""
