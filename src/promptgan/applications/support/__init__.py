"""Support dialogue: known answers to questions like those of the training pairs, a generator where none is near."""
