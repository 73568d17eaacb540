// The public face of staff: who they are, what they may do, and whether a PIN is theirs.

export { DEMO_PINS, seedDemoStaff } from './demo.ts'
export { mustHave } from './must-have.ts'
export { isPin, type KeyedHash } from './pin.ts'
export { type Limits, RIGHTS, type Right, type Rights, ROLES, type Role, rightsOf } from './rights.ts'
export { routes } from './routes.ts'
export { LimitsSchema, RightSchema, RoleSchema } from './schema.ts'
export { initialsOf, type StaffDeps, worksIn } from './staff.ts'
export { namesOfStaff, readStaff, type StaffRow, staffOfStore } from './store.ts'
