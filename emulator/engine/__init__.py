"""AWS on this machine, for any SAM template: it imports nothing of SeqStack."""
