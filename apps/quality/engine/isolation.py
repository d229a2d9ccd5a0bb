"""One faulty rule does not take the others with it: what fails together is halved until it stands alone. Pure."""

from apps.payload.engines.base import Unanswered

# After these nothing more can be asked. A child that died is no such thing: one of files is started again.
FATAL = frozenset({"deadline", "cancelled", "unreachable", "changed"})


def isolated(jobs, ask, rehearse):
    """({job: its answer}, {job: its fault}) of jobs that are asked together.

    `ask(jobs)` gives {job: answer}, `rehearse(jobs)` only has them planned; both raise `Unanswered`. One bad job among
    n costs about log n rehearsals, or as many scans of fewer and fewer jobs where only the data brings it about. A
    fault after which nothing can be asked is that of all jobs without an answer.
    """
    answers, faults = {}, {}
    waiting = list(jobs)
    try:
        while waiting:
            try:
                answers |= ask(waiting)
                break
            except Unanswered as error:
                _passed_on(error)
                if len(waiting) == 1:
                    faults[waiting[0]] = error
                    break
            faulty = _planned_badly(waiting, rehearse)
            if faulty is None:
                _by_halves(waiting, ask, answers, faults)
            else:
                _alone(faulty, ask, answers, faults)
            waiting = [job for job in waiting if job not in answers and job not in faults]
    except Unanswered as error:
        faults |= {job: error for job in jobs if job not in answers and job not in faults}
    return answers, faults


def _passed_on(error):
    if error.code in FATAL:
        raise error


def _works(ask, jobs):
    try:
        return True, ask(jobs)
    except Unanswered as error:
        _passed_on(error)
        return False, error


def _planned_badly(jobs, rehearse):
    """One job that cannot even be planned, None if all can."""
    if _works(rehearse, jobs)[0]:
        return None
    while len(jobs) > 1:
        first, rest = jobs[: len(jobs) // 2], jobs[len(jobs) // 2 :]
        jobs = rest if _works(rehearse, first)[0] else first
    return jobs[0]


def _by_halves(jobs, ask, answers, faults):
    """Ask the halves until one job that fails is left; what is answered on the way counts."""
    while len(jobs) > 1:
        first, rest = jobs[: len(jobs) // 2], jobs[len(jobs) // 2 :]
        done, found = _works(ask, first)
        if done:
            answers |= found
            jobs = rest
        elif len(first) == 1:
            faults[first[0]] = found
            return
        else:
            jobs = first
    _alone(jobs[0], ask, answers, faults)


def _alone(job, ask, answers, faults):
    done, found = _works(ask, [job])
    if done:
        answers |= found
    else:
        faults[job] = found
