// Background work: the loop, and the hints that shorten its rests.

export { createLocalHints, createSharedHints, type Hints, type SharedHints } from './hints.ts'
export { createStepClock, type StepClock } from './step-clock.ts'
export { createWorker, type Worker, type WorkerOptions } from './worker.ts'
