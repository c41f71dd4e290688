import json
import re

from emulator.engine.lambda_runtime.logs import LogStream, Report, timeout_line

REPORT = Report(duration=12.345, memory_size=256, memory_used=48, init_duration=500.0, status=None)


def stream(*, as_json: bool = False) -> LogStream:
    return LogStream(lambda *_: None, "/aws/lambda/f", as_json=as_json)


def test_log_stream_name_has_date_version_and_32_hex_digits() -> None:
    assert re.fullmatch(r"\d{4}/\d{2}/\d{2}/\[\$LATEST\][0-9a-f]{32}", stream().name)


def test_log_stream_lines_go_to_the_sink_with_group_stream_and_time() -> None:
    seen = []
    target = LogStream(lambda *call: seen.append(call), "/aws/lambda/f", as_json=False)
    target.write(["one", "two"])
    group, name, events = seen[0]
    assert (group, name) == ("/aws/lambda/f", target.name)
    assert [message for _, message in events] == ["one", "two"]
    assert all(when > 1_600_000_000_000 for when, _ in events)


def test_report_in_text_bills_whole_milliseconds_rounded_up() -> None:
    end, report = stream().end_lines("r-1", REPORT)
    assert end == "END RequestId: r-1"
    assert report == (
        "REPORT RequestId: r-1\tDuration: 12.35 ms\tBilled Duration: 13 ms\t"
        "Memory Size: 256 MB\tMax Memory Used: 48 MB\tInit Duration: 500.00 ms\t"
    )


def test_report_of_a_warm_call_that_failed_has_no_init_but_a_status() -> None:
    warm = Report(1.0, 128, 40, None, "error")
    report = stream().end_lines("r-1", warm)[1]
    assert "Init Duration" not in report
    assert report.endswith("Status: error\t")


def test_records_in_json_are_lambdas_platform_events() -> None:
    started = json.loads(stream(as_json=True).start_line("r-1"))
    assert started["type"] == "platform.start"
    assert started["record"] == {"requestId": "r-1", "version": "$LATEST"}
    [line] = stream(as_json=True).end_lines("r-1", REPORT)
    reported = json.loads(line)
    assert reported["type"] == "platform.report"
    assert reported["record"]["status"] == "success"
    assert reported["record"]["metrics"] == {
        "durationMs": 12.345,
        "billedDurationMs": 13,
        "memorySizeMB": 256,
        "maxMemoryUsedMB": 48,
        "initDurationMs": 500.0,
    }


def test_timeout_line_says_task_timed_out_with_two_decimals() -> None:
    assert timeout_line("r-1", 3).endswith("Z r-1 Task timed out after 3.00 seconds")
