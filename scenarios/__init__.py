"""Which question: one runnable script per question, and the command line."""
