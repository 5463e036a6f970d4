"""Several at once, each on a connection of its own."""

import threading

from django.db import DatabaseError, connections

from carecore.workflow import Refused


def at_once(*calls):
    """Run the calls in threads that start together; returns what each returned or raised, in their order."""
    start, results = threading.Barrier(len(calls)), [None] * len(calls)

    def run(index, call):
        start.wait()
        try:
            results[index] = call()
        except (Refused, DatabaseError) as error:
            results[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return results


def refusals(results):
    """Class and key of each refusal among the results."""
    return [(type(one), one.findings[0].key) for one in results if isinstance(one, Refused)]
