"""The report of a run: one page of HTML without scripts, made of the ledger's rows."""
