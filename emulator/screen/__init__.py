"""What a terminal shows beyond the command line's own `cli.screen`: files, images, accuracy."""
