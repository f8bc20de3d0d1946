"""Values on their way in and out: checked, brought to plain types, encoded for the wire."""
