"""The rules of the workflow: pure Python, without AWS, environment variables or output."""
