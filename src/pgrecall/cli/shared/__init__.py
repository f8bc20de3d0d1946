"""What commands share: options, output, streams, the store they work on."""
