"""What the desk's conversations could teach, reviewed by people, as rows of the next training."""
