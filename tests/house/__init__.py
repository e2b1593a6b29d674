"""The rules of the house, each as a function that can say no."""
