"""The sheets that fill the register: units, people and the facts about them."""
