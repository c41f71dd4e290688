"""The package that SeqStack's functions, containers, command line and emulator share."""
