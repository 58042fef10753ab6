import { expect, it } from 'vitest'
import { languageOf } from '../src/desk/language'
import { offeredLanguages, pickLanguage, stringsOf } from '../src/strings/strings'

function keys(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' && inner !== null
      ? keys(inner as object, `${prefix}${key}.`)
      : [`${prefix}${key}`],
  )
}

it('has every word in every language', () => {
  for (const code of ['tl', 'ja', 'es']) {
    expect(keys(stringsOf(code))).toEqual(keys(stringsOf('en')))
  }
})

it('offers what the town and the page both speak', () => {
  expect(offeredLanguages(['es', 'xx', 'en'])).toEqual(['es', 'en'])
  expect(offeredLanguages(['xx'])).toEqual(['en'])
})

it('picks the choice, else the first language of the reader, else the town’s', () => {
  expect(pickLanguage(['en', 'tl'], 'tl', ['en-GB'])).toBe('tl')
  expect(pickLanguage(['en', 'tl'], null, ['de-DE', 'fil-PH'])).toBe('tl')
  expect(pickLanguage(['es', 'tl'], 'ja', ['de-DE'])).toBe('es')
})

it('knows the language of a message, and when it does not', async () => {
  const town = ['en', 'tl', 'ja', 'es']
  expect(await languageOf('Hay un bache muy grande en la calle desde ayer', town)).toBe('es')
  expect(await languageOf('May malaking lubak sa kalsada malapit sa paaralan', town)).toBe('tl')
  expect(await languageOf('道路に大きな穴があります', town)).toBe('ja')
  expect(await languageOf('Ok', town)).toBeNull()
})
