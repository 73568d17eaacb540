// The public face of pages: what modules that show something to people stand on.

export { type Asset, type Drawn, type Face, loadPages, type Pages } from './assets.ts'
export { type DocumentOptions, escapeHtml, sendDocument } from './document.ts'
export { LanguageCode, languageFor } from './language.ts'
export { routes } from './routes.ts'
