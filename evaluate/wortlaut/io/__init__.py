"""Files and folders: whole or not at all, here or on an object store."""
