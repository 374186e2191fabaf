"""What the programs do: their flags, and one body for each job."""
