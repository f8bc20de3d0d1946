"""What pages draw as SVG: where everything is; templates say what it looks like."""
