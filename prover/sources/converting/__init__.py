"""What llama.cpp's converter does on the way from a config.json to a GGUF file, step by step."""
