"""The radio core in Python, function by function like csrc/."""
