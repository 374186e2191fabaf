"""Pictures of several people, put together from people cut out of others."""
