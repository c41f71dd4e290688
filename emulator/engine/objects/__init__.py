"""The content of S3 objects as files on disk: received, hashed and read piece by piece."""
