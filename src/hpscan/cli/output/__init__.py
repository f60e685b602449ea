"""What commands print and write: console, tables, documents, files."""
