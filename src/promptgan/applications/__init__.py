"""What models of this house are put to: each application one folder, a command, and a route of the service."""
