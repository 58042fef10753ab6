"""The assistant: its agent, its tools, its models and what they may touch."""
