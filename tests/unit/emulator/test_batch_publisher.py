import threading

from emulator.engine.batch.publisher import Event, Publisher


def test_publisher_hands_events_on_in_order() -> None:
    seen: list[Event] = []
    publisher = Publisher(seen.append)

    for number in range(100):
        publisher.put({"number": number})
    publisher.close()

    assert [event["number"] for event in seen] == list(range(100))


def test_publisher_wait_ends_only_after_the_last_event() -> None:
    gates = [threading.Event(), threading.Event()]

    def publish(event: Event) -> None:
        gates[event["number"]].wait()

    publisher = Publisher(publish)
    publisher.put({"number": 0})
    publisher.put({"number": 1})

    gates[0].set()
    assert not publisher.wait_published(0.1)
    gates[1].set()
    assert publisher.wait_published(5)
    publisher.close()
