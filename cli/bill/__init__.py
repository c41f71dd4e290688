"""AWS's bill beside the ledger's costs."""
