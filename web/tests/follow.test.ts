import { describe, expect, it } from 'vitest'
import type { Problem, Told } from '../src/desk/api-types'
import { DeskError, type OpenTurn } from '../src/desk/client'
import { follow, isAfter, type Link } from '../src/desk/follow'
import { Patience } from '../src/desk/patience'

class NoPatience extends Patience {
  override async wait(): Promise<void> {
    await Promise.resolve()
  }
}

function frame(id: string, type: string, more: object = {}): string {
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`
}

function opened(...chunks: string[]): OpenTurn {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
      controller.close()
    },
  })
  return { turnId: 'turn_1', stream }
}

function problem(status: number): DeskError {
  return new DeskError({ status, detail: 'no' } as Problem)
}

/** Follows a turn whose connections are `connections`, one after another. */
async function followed(connections: (OpenTurn | Error)[]): Promise<{
  told: Told[]
  resumedFrom: (string | null)[]
  links: Link[]
}> {
  const resumedFrom: (string | null)[] = []
  const links: Link[] = []
  const told: Told[] = []
  const open = (last: string | null): Promise<OpenTurn> => {
    resumedFrom.push(last)
    const next = connections.shift()
    if (next === undefined) throw new Error('no connection is left')
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next)
  }
  const onLink = (link: Link): void => {
    links.push(link)
  }
  const { signal } = new AbortController()
  for await (const each of follow({ open, onLink, signal, patience: new NoPatience() })) {
    told.push(each)
  }
  return { told, resumedFrom, links }
}

describe('follow', () => {
  it('gives every event of an unbroken stream and stops at its end', async () => {
    const { told, resumedFrom } = await followed([
      opened(
        frame('1.1', 'turn.started'),
        frame('1.2', 'text.delta', { text: 'Hi' }),
        ': hb\n\n',
        frame('1.3', 'turn.completed'),
      ),
    ])
    expect(told.map(({ id }) => id)).toEqual(['1.1', '1.2', '1.3'])
    expect(resumedFrom).toEqual([null])
  })

  it('puts frames together that were cut anywhere', async () => {
    const whole =
      frame('1.1', 'text.delta', { text: 'Straße 道路' }) + frame('1.2', 'turn.completed')
    for (let cut = 1; cut < whole.length; cut += 7) {
      const { told } = await followed([opened(whole.slice(0, cut), whole.slice(cut))])
      expect(told).toHaveLength(2)
    }
  })

  it('resumes after a cut without loss or repetition', async () => {
    const { told, resumedFrom, links } = await followed([
      opened(frame('1.1', 'turn.started'), frame('1.2', 'text.delta', { text: 'a' })),
      new TypeError('the network is gone'),
      problem(503),
      opened(frame('1.2', 'text.delta', { text: 'a' }), frame('1.3', 'turn.completed')),
    ])
    expect(told.map(({ id }) => id)).toEqual(['1.1', '1.2', '1.3'])
    expect(resumedFrom).toEqual([null, '1.2', '1.2', '1.2'])
    expect(links).toEqual(['open', 'lost', 'lost', 'lost', 'open'])
  })

  it('goes on after an interruption until the next process has ended the turn', async () => {
    const { told } = await followed([
      opened(frame('1.1', 'turn.started'), frame('1.2', 'turn.interrupted')),
      opened(frame('2.1', 'turn.restarted'), frame('2.2', 'turn.completed')),
    ])
    expect(told.map(({ id }) => id)).toEqual(['1.1', '1.2', '2.1', '2.2'])
  })

  it('gives up when the server refuses for good', async () => {
    await expect(followed([problem(404)])).rejects.toBeInstanceOf(DeskError)
  })
})

it('orders events by attempt, then by number', () => {
  expect(isAfter('1.10', '1.9')).toBe(true)
  expect(isAfter('2.1', '1.99')).toBe(true)
  expect(isAfter('1.1', '1.1')).toBe(false)
  expect(isAfter('1.1', null)).toBe(true)
})
