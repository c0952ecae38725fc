"""What every process needs and no product noun: servers, channels, errors, auth, the bus."""
