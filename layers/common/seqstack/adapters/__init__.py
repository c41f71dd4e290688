"""Where the domain meets AWS: every boto3 call of the functions is made here."""
