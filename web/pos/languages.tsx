// The languages of the till, where somebody who reads another one will look for them.

import { useWords } from './till.tsx'

export function Languages() {
  const { texts, language, languages, setLanguage } = useWords()
  return (
    <nav className="languages" aria-label={texts.language}>
      {languages.map(({ code, name }) => (
        <button key={code} type="button" lang={code} aria-pressed={code === language} onClick={() => setLanguage(code)}>
          {name}
        </button>
      ))}
    </nav>
  )
}
