"""Small stand-ins for foreign services, as classes; our own code is never faked."""
