"""The reports of this project's domains: what to ask, and how to draw the answer. Part of the project, not of
the tool, which finds them through pyproject."""
