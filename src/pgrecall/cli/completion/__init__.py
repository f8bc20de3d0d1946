"""What a shell offers when TAB is pressed: a script for each shell, which asks the command."""
