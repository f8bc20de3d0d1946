"""How values show themselves where people look at them: short, as HTML, as frames, as plots."""
