"""Tables of diagnoses, labels and coordinates, from CSV and spreadsheets."""
