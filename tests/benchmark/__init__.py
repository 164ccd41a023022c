"""How fast queuit is, beside a bare SimPy program, Ciw and a bare interpreter.

    uv run python -m tests.benchmark [--rounds 7] [--only PART]

Every figure is the median of the rounds. Programs that are compared take turns within each round,
so that a busy machine slows all of them; read the ratios, not the times.

- network: microseconds per task on one network of two stations with feedback, Poisson arrivals and
  exponential service. Four programs play it: queuit's kernel and SimPy engine, a plain SimPy
  program (a process per task and a `simpy.Resource` per model) and Ciw. The ratio says how many
  times longer they take than the kernel. Their mean passes and sojourns must agree, or the
  comparison is void.
- native: the same network streamed to a summary by the kernel, and played by `network.cpp`, a C++
  program with the standard library's heap, lines and random numbers, where there is a `g++`.
- behaviours: the same network with one behaviour more, processor time per task: streamed by the
  kernel, and, with the ratio, on SimPy. Then a throttle of a person's own beside the shipped one.
- kernel: the same network streamed to a summary by the kernel, beside the floor: the same random
  blocks and logarithms, nothing else; two threads over replications; one model of one slot at
  loads .5 and .99 (exponential), of up to 100,000 slots at .7; chains of models of 10 slots each.
- memory: the most that a fresh process holds after 10^6 and after 10^8 streamed tasks; once.
- disciplines: the same network in queuit's SimPy engine under every discipline; the ratio is to
  first come, first served. Shared processors are as fast as the slots together; the step of a batch
  takes 20 + its size.
- games: games solved per second of processor time by the closed form, as arrays, on one core.
- start: wall time of `queuit --help`; the ratio is to an interpreter that does nothing. Then, in
  fresh processes that have read what the code imports otherwise, the first call of the kernel,
  whose compiled code is on disk, beside what nobody can save: to import numba.
- sampler: nanoseconds of wall time per task of the uncongested game R14 at its optimum (2.6
  passes per task), arrivals included.
"""
