"""The capsule document: read, checked, brought to its canonical form, and written."""
