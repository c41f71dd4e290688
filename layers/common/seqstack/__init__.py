"""What SeqStack's functions, containers, command line and emulator share."""
