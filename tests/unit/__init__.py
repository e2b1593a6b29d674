"""Pure code: no disk, no network, no sleep."""
