// The API description as TypeScript: the form that openapi-fetch and programs like it read. Made from the description that is served, so
// that a client's types are those of the server it speaks to. Pure.

/** As much of OpenAPI 3.1 as our description uses. */
interface Schema {
  $ref?: string
  title?: string
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
}
interface Body {
  required?: boolean
  content?: Record<string, { schema?: Schema }>
}
interface Operation {
  operationId?: string
  summary?: string
  parameters?: { name: string; in: string; required?: boolean; schema?: Schema }[]
  requestBody?: Body
  responses?: Record<string, Body>
}
export interface Description {
  paths?: Record<string, Record<string, unknown>>
  components?: { schemas?: Record<string, unknown> }
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const
const KINDS = ['query', 'path', 'header'] as const

/** The text of a `.d.ts` that exports `paths` and `components`. */
export function typesOf({ paths = {}, components = {} }: Description): string {
  const named = new Map<string, string>()
  const taken = new Set<string>()
  for (const [name, schema] of Object.entries(components.schemas ?? {})) {
    taken.add(name)
    named.set(
      typeOf(schema as Schema, () => null),
      name,
    )
  }
  /** What has a title is written once; two of the same title that differ are told apart by a number. */
  const nameOf = (title: string, text: string): string => {
    const known = named.get(text)
    if (known !== undefined) return known
    const stem = title.replaceAll(/[^A-Za-z0-9]+(.)?/g, (_, next: string = '') => next.toUpperCase())
    let name = stem
    for (let no = 2; taken.has(name); no++) name = `${stem}${no}`
    taken.add(name)
    named.set(text, name)
    return name
  }
  const routes = Object.entries(paths).map(([path, item]) => {
    const methods = METHODS.flatMap((method) => {
      const operation = item[method] as Operation | undefined
      return operation ? [`${docOf(operation)}    ${method}: ${operationOf(operation, nameOf)}`] : []
    })
    return `  ${JSON.stringify(path)}: {\n${methods.join('\n')}\n  }`
  })
  const schemas = [...named].map(([text, name]) => `    ${name}: ${text}`)
  return `// Types of the Onetill API, made by the server that serves it. Made anew at each look; not to be edited.

export interface paths {
${routes.join('\n')}
}

export interface components {
  schemas: {
${schemas.join('\n')}
  }
}
`
}

type NameOf = (title: string, text: string) => string | null

function docOf({ summary }: Operation): string {
  return summary === undefined ? '' : `    /** ${summary.replaceAll('*/', '* /')} */\n`
}

function operationOf({ parameters = [], requestBody, responses = {} }: Operation, nameOf: NameOf): string {
  const of = KINDS.flatMap((kind) => {
    const own = parameters.filter((one) => one.in === kind)
    if (own.length === 0) return []
    const members = own.map(({ name, required, schema }) =>
      member(name, typeOf(schema ?? {}, nameOf), required ?? false),
    )
    return [`${kind}${own.some(({ required }) => required) ? '' : '?'}: { ${members.join('; ')} }`]
  })
  const body = requestBody
    ? [`requestBody${requestBody.required ? '' : '?'}: { content: ${contentOf(requestBody, nameOf)} }`]
    : []
  const answers = Object.entries(responses).map(
    ([status, answer]) =>
      `${/^\d+$/.test(status) ? status : JSON.stringify(status)}: { headers: { [name: string]: unknown }; content: ${contentOf(answer, nameOf)} }`,
  )
  return `{ parameters: { ${of.join('; ')} }; ${[...body, `responses: { ${answers.join('; ')} }`].join('; ')} }`
}

function contentOf({ content = {} }: Body, nameOf: NameOf): string {
  const kinds = Object.entries(content).map(
    ([type, { schema }]) => `${JSON.stringify(type)}: ${schema ? typeOf(schema, nameOf) : 'unknown'}`,
  )
  return kinds.length === 0 ? '{ [type: string]: never }' : `{ ${kinds.join('; ')} }`
}

function typeOf(schema: Schema, nameOf: NameOf): string {
  if (schema.$ref !== undefined) return reference(schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1))
  const text = plainTypeOf(schema, nameOf)
  const name = schema.title === undefined || !text.startsWith('{') ? null : nameOf(schema.title, text)
  return name === null ? text : reference(name)
}

function reference(name: string): string {
  return `components['schemas'][${JSON.stringify(name)}]`
}

function plainTypeOf(schema: Schema, nameOf: NameOf): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return union(schema.enum.map((value) => JSON.stringify(value)))
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return union(choices.map((one) => typeOf(one, nameOf)))
  if (schema.allOf) return schema.allOf.map((one) => typeOf(one, nameOf)).join(' & ')
  if (Array.isArray(schema.type)) return union(schema.type.map((type) => typeOf({ ...schema, type }, nameOf)))
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type
    case 'integer':
    case 'number':
      return 'number'
    case 'array':
      return `(${typeOf(schema.items ?? {}, nameOf)})[]`
    case 'object':
      return objectOf(schema, nameOf)
    default:
      return schema.properties ? objectOf(schema, nameOf) : 'unknown'
  }
}

function objectOf({ properties = {}, required = [], additionalProperties }: Schema, nameOf: NameOf): string {
  const members = Object.entries(properties).map(([name, schema]) =>
    member(name, typeOf(schema, nameOf), required.includes(name)),
  )
  const more = typeof additionalProperties === 'object' ? typeOf(additionalProperties, nameOf) : 'unknown'
  if (members.length === 0)
    return additionalProperties === false ? 'Record<string, never>' : `{ [name: string]: ${more} }`
  return `{ ${members.join('; ')} }`
}

function member(name: string, type: string, isRequired: boolean): string {
  return `${/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)}${isRequired ? '' : '?'}: ${type}`
}

function union(types: readonly string[]): string {
  return types.length === 0 ? 'never' : [...new Set(types)].join(' | ')
}
