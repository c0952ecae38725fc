"""The other services, typed, with our errors instead of gRPC's."""
