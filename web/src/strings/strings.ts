import { en, type Strings } from './en'
import { es } from './es'
import { ja } from './ja'
import { tl } from './tl'

export type { Strings }

const ALL: Record<string, Strings> = { en, tl, ja, es }

/** The languages that both the town and the page speak, the town's main one first. */
export function offeredLanguages(town: readonly string[]): string[] {
  const offered = town.filter((code) => code in ALL)
  return offered.length > 0 ? offered : ['en']
}

/** The language to show: the one chosen before, else the reader's first that is on offer. */
export function pickLanguage(
  offered: readonly string[],
  chosen: string | null,
  preferred: readonly string[],
): string {
  const wishes = [chosen ?? '', ...preferred].map(baseOf)
  return wishes.find((code) => offered.includes(code)) ?? offered[0] ?? 'en'
}

export function stringsOf(language: string): Strings {
  return ALL[language] ?? en
}

// Browsers write Filipino as fil, towns as tl.
function baseOf(tag: string): string {
  const [base = ''] = tag.toLowerCase().split('-')
  return base === 'fil' ? 'tl' : base
}
