"""The rules of the workflow: pure Python, standard library only, no AWS and no environment."""
