"""Which tasks of a run count where queues start empty."""

EMPTY = 200  # tasks at the start of a run that are not counted: some relaxation times
TAIL = 50  # tasks at its end that are not counted
