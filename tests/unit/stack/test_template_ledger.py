def test_ledger_is_paid_by_request_encrypted_and_kept(deployed):
    resources = deployed()
    ledger = resources["LedgerTable"]
    properties = ledger["Properties"]

    assert (
        ledger["DeletionPolicy"] == "RetainExceptOnCreate"
    )  # a failed creation leaves nothing behind
    assert ledger["UpdateReplacePolicy"] == "Retain"
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
    assert properties["TimeToLiveSpecification"] == {
        "AttributeName": "expiresAt",
        "Enabled": True,
    }


def test_ledger_answers_every_access_pattern_by_a_key(resources):
    properties = resources["LedgerTable"]["Properties"]
    indexes = {
        index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]]
        for index in properties["GlobalSecondaryIndexes"]
    }

    assert [key["AttributeName"] for key in properties["KeySchema"]] == ["pk", "sk"]
    assert indexes == {
        "ByJobId": ["jobId"],
        "ByState": ["runState", "startedAt"],
        "BySample": ["runSample", "startedAt"],
        "ByCohort": ["cohortId", "startedAt"],
        "ByProject": ["project", "startedAt"],
    }


def test_ledger_declares_the_attributes_of_its_keys_and_no_other(resources):
    properties = resources["LedgerTable"]["Properties"]
    schemas = [properties, *properties["GlobalSecondaryIndexes"]]

    assert {entry["AttributeName"] for entry in properties["AttributeDefinitions"]} == {
        key["AttributeName"] for schema in schemas for key in schema["KeySchema"]
    }


def test_no_function_may_scan_the_ledger_or_delete_from_it(template_text):
    assert "dynamodb:Scan" not in template_text
    assert "dynamodb:Delete" not in template_text
    assert "DynamoDBCrudPolicy" not in template_text
