"""Text in, tags out: encoding, features, taggers, training; no database, no queue."""
