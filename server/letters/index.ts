// The public face of letters: what the shop writes to its customers by itself.

export { createLettersConsumer } from './follow.ts'
export { letterPreviews } from './preview.ts'
export { routes } from './routes.ts'
