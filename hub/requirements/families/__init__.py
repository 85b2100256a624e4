"""Rules by family of evidence: one module each, pure functions from facts to a judgement."""
