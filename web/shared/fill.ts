/** `text` with its `{names}` replaced. What is put in stays text: it is never read as markup or as a name again. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}
