// The public face of the replay: a retailer's transaction file as trade through the HTTP API.

export { createClient } from './client.ts'
export { createOutage } from './outage.ts'
export { createProgressLine } from './progress.ts'
export { type ReplayResult, replay } from './replay.ts'
export { renderReport } from './report.ts'
