"""From what people have to layouts: configs of models."""
