// The hosted pages' look: the shared tokens of the product in plain CSS, small enough to stand inside the page, allowed
// there by its hash.

import { createHash } from 'node:crypto'

export const STYLE = `
:root{color-scheme:light dark;--ink:#16181d;--ink-2:#565b66;--line:#e3e5ea;--field-line:#8a8f9a;--ground:#f7f8fa;--card:#fff;--accent:#0b6e4f;--accent-ink:#fff;--warn:#a15c00;--bad:#b3261e;--good:#0b6e4f}
@media (prefers-color-scheme:dark){:root{--ink:#eceef2;--ink-2:#a3a9b6;--line:#2c3038;--field-line:#767c89;--ground:#121418;--card:#1a1d23;--accent:#3ecf9b;--accent-ink:#06251a;--warn:#f0b35a;--bad:#ff8a80;--good:#3ecf9b}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:flex;flex-direction:column;align-items:center;padding:24px 16px;background:var(--ground);color:var(--ink);font:400 16px/1.4 system-ui,sans-serif}
header,main,footer{width:100%;max-width:420px}
header{display:flex;align-items:baseline;gap:8px;margin:0 0 12px;font-size:14px;color:var(--ink-2)}
.badge{flex:none;border:1px solid var(--warn);color:var(--warn);border-radius:999px;padding:0 8px;font-size:13px;font-weight:500}
main{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:24px}
h1{margin:0 0 4px;font-size:20px;font-weight:650;overflow-wrap:anywhere}
p{margin:0}
.lead{color:var(--ink-2)}
.amount{margin:24px 0;font-weight:650;line-height:1.1;white-space:nowrap;font-variant-numeric:tabular-nums;font-size:48px}
.amount.long{font-size:32px}.amount.longer{font-size:24px}.amount.longest{font-size:20px}
dl{margin:0 0 24px;border-top:1px solid var(--line)}
dl div{display:flex;justify-content:space-between;gap:16px;padding:8px 0;border-bottom:1px solid var(--line)}
dt{color:var(--ink-2)}
dd{margin:0;text-align:right;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
label{display:block;margin-bottom:4px;font-weight:500}
input,select{width:100%;min-height:48px;padding:8px 12px;border:1px solid var(--field-line);border-radius:6px;background:var(--card);color:var(--ink);font:inherit}
input{font-size:20px;letter-spacing:.2em;font-variant-numeric:tabular-nums}
input[aria-invalid]{border-color:var(--bad)}
.hint{min-height:40px;margin:4px 0 12px;font-size:14px;color:var(--ink-2)}
.hint.wrong{color:var(--bad);font-weight:500}
select{margin-bottom:24px}
button,.button{display:block;width:100%;min-height:48px;margin:0 0 12px;padding:12px 16px;border:1px solid var(--field-line);border-radius:6px;background:none;color:var(--ink);font:500 16px/1.4 system-ui,sans-serif;text-align:center;text-decoration:none;cursor:pointer}
.primary{border-color:var(--accent);background:var(--accent);color:var(--accent-ink);font-variant-numeric:tabular-nums}
.quiet{border-color:transparent;margin-bottom:0;color:var(--ink-2)}
.way-back{margin:24px 0 0}
.state{display:inline-flex;align-items:center;gap:8px}
.state.good{color:var(--good)}.state.bad{color:var(--bad)}
svg{width:24px;height:24px;fill:none;stroke:currentColor;stroke-width:1.75;stroke-linecap:round;stroke-linejoin:round;flex:none}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
footer{margin-top:12px;font-size:14px;color:var(--ink-2)}
nav{margin-top:12px;display:flex;flex-wrap:wrap;gap:4px 16px}
nav a{color:var(--ink-2);padding:4px 0}
nav a[aria-current]{color:var(--ink);font-weight:650;text-decoration:none}
@media (hover:hover){button:hover,.button:hover{filter:brightness(1.06)}.quiet:hover{color:var(--ink)}}
@media (min-width:480px){body{padding-top:48px}}
`

/** The policy source that allows exactly this style sheet. */
export const STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`
