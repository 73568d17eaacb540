// What an account for terminals that speak Concert may hold. The protocol knows no secret: who stands in the shop's network is believed.

import { checkEndpoints } from './near-address.ts'
import { invalid } from './request.ts'

const CONFIG = new Set(['endpoints', 'till', 'protocol_id', 'protocol_version'])

/** Throws validation-error or url-not-allowed. */
export function checkConcert(
  config: Record<string, string>,
  { mode, allowed }: { mode: 'test' | 'live'; allowed: ReadonlySet<string> },
): void {
  for (const name of Object.keys(config))
    if (!CONFIG.has(name)) throw invalid(`/config/${name}`, `Must be one of: ${[...CONFIG].join(', ')}.`)
  const { endpoints, till, protocol_id, protocol_version } = config
  if (till !== undefined && !/^\d{2}$/.test(till)) throw invalid('/config/till', 'Must be two digits.')
  if (protocol_id !== undefined && !/^\d{12}$/.test(protocol_id))
    throw invalid('/config/protocol_id', 'Must be twelve digits.')
  if (protocol_version !== undefined && !/^03\d\d$/.test(protocol_version))
    throw invalid('/config/protocol_version', 'Must be a version 3 in four digits, such as 0320.')
  checkEndpoints(endpoints, { mode, allowed, example: 'T1=10.0.0.5:8888' })
}
