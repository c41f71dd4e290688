from emulator.engine.batch.access_keys import job_that_signs, with_own_key


def test_key_of_a_job_reports_whose_it_is() -> None:
    environment = with_own_key({"AWS_ACCESS_KEY_ID": "testing", "LANG": "C"}, "1f-2e")

    assert environment.keys() == {"AWS_ACCESS_KEY_ID", "LANG"}
    assert job_that_signs(environment["AWS_ACCESS_KEY_ID"]) == "1f-2e"


def test_key_of_anybody_else_is_no_jobs() -> None:
    assert job_that_signs("testing-1f") == ""


def test_job_without_credentials_gets_none() -> None:
    assert with_own_key({"LANG": "C"}, "1f") == {"LANG": "C"}
