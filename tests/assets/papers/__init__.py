"""Made papers of every kind, worded as the real ones are, about persons and bodies that do not exist, with the truth."""
