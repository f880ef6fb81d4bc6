"""Three ways to colour a photograph: by a network, by strokes, by segments."""
