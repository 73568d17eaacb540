// From the one form of the API, which has members of every kind of rule, to a rule of one kind.

import type { FieldProblem } from '../lib/problem.ts'
import type { RuleJson } from './promotion.ts'

interface TierForm {
  from: number
  percent_bp?: number
  amount?: number
}

export interface RuleForm {
  kind: RuleJson['kind']
  percent_bp?: number
  applies_to?: 'lines' | 'order'
  amount?: number
  per?: 'unit' | 'line' | 'order'
  take?: number
  pay?: number
  quantity?: number
  price?: number
  basis?: 'spend' | 'quantity'
  tiers?: TierForm[]
  max_amount?: number | null
}

/** Which members belong to which kind. All of them must be there. */
const MEMBERS: Record<RuleJson['kind'], readonly (keyof RuleForm)[]> = {
  percent_off: ['percent_bp', 'applies_to'],
  amount_off: ['amount', 'per'],
  x_for_y: ['take', 'pay'],
  bundle_price: ['quantity', 'price'],
  tiers: ['basis', 'tiers'],
  free_shipping: ['max_amount'],
}

/** What is wrong with the form; empty when it is a rule of its kind. Pointers are those of a body with a member `rule`. */
export function ruleFaults(form: RuleForm): FieldProblem[] {
  const members = MEMBERS[form.kind]
  const missing = members.filter((name) => form[name] === undefined)
  const strange = Object.keys(form).filter((name) => name !== 'kind' && !members.some((member) => member === name))
  const faults = [
    ...missing.map((name) => ({ pointer: `/rule/${name}`, detail: `Is required for ${form.kind}.` })),
    ...strange.map((name) => ({ pointer: `/rule/${name}`, detail: `Does not belong to ${form.kind}.` })),
  ]
  const { take, pay, tiers = [] } = form
  if (take !== undefined && pay !== undefined && pay >= take)
    faults.push({ pointer: '/rule/pay', detail: 'Must be less than take.' })
  tiers.forEach(({ from, percent_bp, amount }, i) => {
    if ((percent_bp === undefined) === (amount === undefined))
      faults.push({ pointer: `/rule/tiers/${i}`, detail: 'Gives either percent_bp or amount.' })
    if (tiers.findIndex((tier) => tier.from === from) < i)
      faults.push({ pointer: `/rule/tiers/${i}/from`, detail: 'Is the value of another tier.' })
  })
  return faults
}

/** True when nothing is wrong with it: then it has exactly the members of its kind. */
export function isRule(form: RuleForm | RuleJson): form is RuleJson {
  return ruleFaults(form).length === 0
}
