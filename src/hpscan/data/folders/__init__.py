"""The folders and files of a dataset: walked, told apart by kind, named parts recognised."""
