"""From patients to results, reports and overlays."""
