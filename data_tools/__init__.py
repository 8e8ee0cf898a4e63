"""`make data`: a company's FAQ and chat logs become training, validation and test rows."""
