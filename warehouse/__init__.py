"""What the files and the log mean. Pure: reads project files, never the network, Spark or AWS."""
