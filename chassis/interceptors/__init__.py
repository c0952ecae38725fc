"""What stands around every RPC, on the server's side and on the client's."""
