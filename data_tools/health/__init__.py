"""What is wrong with a company's knowledge: entries against each other, and against what customers ask."""
