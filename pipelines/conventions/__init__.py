"""What the labels of a taxonomy mean, as data: read, decided by, checked, and made examples of."""
