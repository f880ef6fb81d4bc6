"""The command line: a short function for each command. No other folder imports this one."""
