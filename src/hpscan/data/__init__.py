"""Files to core values: folders, tables, images. The only layer that decodes pixels."""
