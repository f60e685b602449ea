"""Backend `synthetic`: learns from synthetic bacteria on patches of negative patients."""
