// ISO 639-3, as the detector speaks, for the codes that towns and browsers write.
const DETECTABLE: Record<string, string> = {
  en: 'eng',
  tl: 'tgl',
  fil: 'tgl',
  ja: 'jpn',
  es: 'spa',
  fr: 'fra',
  de: 'deu',
  pt: 'por',
  it: 'ita',
  zh: 'cmn',
  ko: 'kor',
  ar: 'arb',
  fa: 'pes',
  ur: 'urd',
  hi: 'hin',
  bn: 'ben',
  vi: 'vie',
  id: 'ind',
  ru: 'rus',
  uk: 'ukr',
  tr: 'tur',
  pl: 'pol',
  nl: 'nld',
  th: 'tha',
  ceb: 'ceb',
  ilo: 'ilo',
}
const RIGHT_TO_LEFT = new Set(['ar', 'fa', 'he', 'ur'])
const FEWEST_CHARACTERS = 12

/** The most likely of `languages` that `text` is written in, for screen readers; null if unsure. */
export async function languageOf(
  text: string,
  languages: readonly string[],
): Promise<string | null> {
  if (/[\u3040-\u30ff]/.test(text)) return 'ja'
  if (text.length < FEWEST_CHARACTERS) return null
  const known = languages.filter((code) => code in DETECTABLE)
  const { franc } = await import('franc-min')
  const found = franc(text, {
    only: known.map((code) => DETECTABLE[code] ?? ''),
    minLength: FEWEST_CHARACTERS,
  })
  return known.find((code) => DETECTABLE[code] === found) ?? null
}

/** The direction in which that language is written. */
export function directionOf(language: string): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.has(language) ? 'rtl' : 'ltr'
}
