"""The rules of the workflow: pure Python, no AWS, no environment, nothing printed."""
