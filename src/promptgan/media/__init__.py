"""What the data of each task are made of, and the formats that they come and go in."""
