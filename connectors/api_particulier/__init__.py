"""API Particulier v3 (DINUM): what national bodies know of a family, asked for one administration."""
