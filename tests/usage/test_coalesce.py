"""Coalescing: what waits together is written together, and a bad post fails alone."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence

import pytest

from usage.domain.coalesce import Coalescer


def test_posts_that_wait_are_written_in_one_group_and_each_gets_its_own_answer():
    groups: list[list[int]] = []
    writing, go_on = threading.Event(), threading.Event()

    def write(posts: Sequence[int]) -> list[int]:
        groups.append(list(posts))
        writing.set()
        go_on.wait(10)
        return [post * 10 for post in posts]

    coalescer = Coalescer(write)
    answers: dict[int, int] = {}
    threads = [threading.Thread(target=lambda n=n: answers.update({n: coalescer.submit(n)})) for n in range(20)]
    threads[0].start()
    writing.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(coalescer._waiting) < 19:
        threading.Event().wait(0.001)
    go_on.set()
    for thread in threads:
        thread.join(10)

    assert [len(group) for group in groups] == [1, 19]
    assert answers == {n: n * 10 for n in range(20)}


def test_a_group_holds_no_more_events_than_allowed():
    sizes: list[int] = []
    first = threading.Event()
    go_on = threading.Event()

    def write(posts: Sequence[int]) -> list[int]:
        sizes.append(sum(posts))
        first.set()
        go_on.wait(10)
        return list(posts)

    coalescer = Coalescer(write, most=10)
    threads = [threading.Thread(target=coalescer.submit, args=(4, 4)) for _ in range(7)]
    threads[0].start()
    first.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(coalescer._waiting) < 6:
        threading.Event().wait(0.001)
    go_on.set()
    for thread in threads:
        thread.join(10)

    assert sizes == [4, 8, 8, 8]


def test_a_bad_post_fails_alone():
    first, go_on = threading.Event(), threading.Event()

    def write(posts: Sequence[int]) -> list[int]:
        first.set()
        go_on.wait(10)
        if 13 in posts:
            raise ValueError("unlucky")
        return list(posts)

    coalescer = Coalescer(write)
    answers: dict[int, object] = {}

    def submit(number: int) -> None:
        try:
            answers[number] = coalescer.submit(number)
        except ValueError as error:
            answers[number] = str(error)

    threads = [threading.Thread(target=submit, args=(n,)) for n in (1, 12, 13, 14)]
    threads[0].start()
    first.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(coalescer._waiting) < 3:
        threading.Event().wait(0.001)
    go_on.set()
    for thread in threads:
        thread.join(10)

    assert answers == {1: 1, 12: 12, 13: "unlucky", 14: 14}


def test_a_thread_that_is_interrupted_takes_its_post_back():
    written: list[int] = []
    writing, go_on = threading.Event(), threading.Event()

    def write(posts: Sequence[int]) -> list[int]:
        writing.set()
        go_on.wait(10)
        written.extend(posts)
        return list(posts)

    coalescer = Coalescer(write)
    first = threading.Thread(target=coalescer.submit, args=(1,))
    first.start()
    writing.wait(10)
    alarm = signal.signal(signal.SIGALRM, _interrupt)

    def submit_and_be_interrupted() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        coalescer.submit(2)

    try:
        with pytest.raises(KeyboardInterrupt):
            submit_and_be_interrupted()
    finally:
        signal.signal(signal.SIGALRM, alarm)
    go_on.set()
    first.join(10)
    third = threading.Thread(target=coalescer.submit, args=(3,), daemon=True)
    third.start()
    third.join(10)
    assert written == [1, 3]


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_failed_post_leaves_the_lead_free():
    def write(posts: Sequence[int]) -> list[int]:
        if posts[0] < 0:
            raise ValueError("negative")
        return list(posts)

    coalescer = Coalescer(write)
    with pytest.raises(ValueError, match="negative"):
        coalescer.submit(-1)
    assert coalescer.submit(5) == 5
