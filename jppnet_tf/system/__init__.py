"""What every room may use: errors, whole files, processes, what the machine has."""
