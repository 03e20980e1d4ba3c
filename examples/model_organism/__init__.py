"""A model organism: the smallest task, model and tokenizer on which training IMAgent can be watched from end to end."""
