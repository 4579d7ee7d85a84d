"""What llama.cpp does with the keys and tensors of a GGUF file, step by step."""
