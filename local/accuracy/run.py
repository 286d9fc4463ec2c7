"""Runs cases side by side."""

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from local.accuracy.case import Case
from local.accuracy.score import Judged
from local.accuracy.world import run_case


def judge(case: Case) -> Judged:
    return Judged(case, run_case(case))


def judge_all(cases: Sequence[Case]) -> list[Judged]:
    """In the order of `cases`, in processes of their own: each case replaces the clock of its whole process."""
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(judge, cases, chunksize=16))
