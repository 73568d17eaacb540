// A device that is no till yet: a code from the office makes it one; in the demo, a press.

import { type FormEvent, useEffect, useState } from 'react'
import { type Api, isRefused } from './api.ts'
import { Icon } from './icon.tsx'
import { Languages } from './languages.tsx'
import { Banner } from './parts.tsx'
import { useWords } from './till.tsx'

interface DemoRegister {
  register: { id: string; name: string }
  store: { name: string; currency: string }
}
interface Paired {
  key: string
}

export function PairScreen({ api, onPaired }: { api: Api; onPaired(paired: { key: string }): void }) {
  const { texts } = useWords()
  const [registers, setRegisters] = useState<DemoRegister[]>([])
  const [code, setCode] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [wrong, setWrong] = useState('')

  useEffect(() => {
    // Where there is no demo there is no such route.
    api.get<{ registers: DemoRegister[] }>('/till/demo', { as: 'public' }).then(
      (demo) => setRegisters(demo.registers),
      () => {},
    )
  }, [])

  const pair = (path: string, body: object) => {
    if (isBusy) return
    setBusy(true)
    setWrong('')
    api
      .call<Paired>('POST', path, { body, as: 'public' })
      .then(({ key }) => onPaired({ key }))
      .catch((error: unknown) => {
        setBusy(false)
        if (isRefused(error, 'code-invalid', 'validation-error')) setWrong(texts.pair.wrong)
        else if (isRefused(error, 'rate-limited')) setWrong(texts.pair.tooMany)
        else setWrong(isRefused(error, 'no-answer') ? texts.noAnswer : texts.failed)
      })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (code.trim() !== '') pair('/till/pair', { code: code.trim() })
  }

  return (
    <main className="gate">
      <div className="gate-card">
        <Mark />
        <h1>{texts.pair.heading}</h1>
        <p className="lead">{texts.pair.lead}</p>
        <form onSubmit={submit} className="pair-form">
          <label htmlFor="code">{texts.pair.code}</label>
          <input
            id="code"
            className="field-in code"
            value={code}
            maxLength={20}
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            aria-invalid={wrong !== ''}
            aria-describedby="pair-said"
            onChange={(event) => setCode(event.target.value.toUpperCase())}
          />
          <button type="submit" className="button primary big" disabled={isBusy}>
            {texts.pair.pair}
          </button>
        </form>
        <div id="pair-said" className="said" role="alert">
          {wrong === '' ? null : <Banner kind="bad">{wrong}</Banner>}
        </div>
        {registers.length === 0 ? null : (
          <section aria-labelledby="demo" className="demo">
            <h2 id="demo">{texts.pair.demo}</h2>
            <ul className="registers">
              {registers.map(({ register: { id, name }, store }) => (
                <li key={id}>
                  <button
                    type="button"
                    className="register"
                    disabled={isBusy}
                    onClick={() => pair('/till/demo', { register_id: id })}
                  >
                    <Icon name="store" />
                    <span>
                      <strong>{store.name}</strong>
                      <span className="quiet">{name}</span>
                    </span>
                    <span className="quiet">{store.currency}</span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        )}
      </div>
      <Languages />
    </main>
  )
}

/** The mark of the till: a drawer with a slip. */
export function Mark() {
  return (
    <svg className="logo" viewBox="0 0 48 48" aria-hidden="true" focusable="false">
      <rect width="48" height="48" rx="12" fill="var(--accent)" />
      <path d="M16 9h16v17H16z" fill="var(--accent-ink)" />
      <path d="M19 13h10M19 17h10M19 21h6" stroke="var(--accent)" strokeWidth="2" fill="none" />
      <path d="M9 25h30v13H9z" fill="var(--accent-ink)" />
      <path d="M20 31h8" stroke="var(--accent)" strokeWidth="3" fill="none" />
    </svg>
  )
}
