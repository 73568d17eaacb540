// Lints an API description with Redocly's recommended rules. Used for the demo app of server/http and for the full one.

import { createConfig, lintFromString } from '@redocly/openapi-core'

/** Every error in an OpenAPI document as `rule at place: message`; empty when it is clean. Warnings are left out. */
export async function lintOpenApi(document: unknown): Promise<string[]> {
  const config = await createConfig({
    extends: ['recommended'],
    // Onetill is self-hosted: a server on localhost is the ordinary case, not a forgotten example.
    rules: { 'no-server-example.com': 'off' },
    telemetry: 'off',
  })
  const found = await lintFromString({ source: JSON.stringify(document), absoluteRef: '/openapi.json', config })
  return found
    .filter((problem) => problem.severity === 'error' && !problem.ignored)
    .map((problem) => `${problem.ruleId} at ${problem.location[0]?.pointer ?? '#'}: ${problem.message}`)
}
