import { describe, expect, it } from 'vitest'
import type { Told, TranscriptMessage, TurnEvent } from '../src/desk/api-types'
import { hear, isEnded, newTurn, storedTurns, type Turn } from '../src/desk/turn'

function after(turn: Turn, events: Told[]): Turn {
  return events.reduce(hear, turn)
}

function told(...events: object[]): Told[] {
  return events.map((event, n) => ({ id: `1.${n + 1}`, event: event as TurnEvent }))
}

const FILED = { type: 'record.filed', kind: 'incident', reference: 'INC-1', record: {} }

describe('a turn', () => {
  it('grows by what is said', () => {
    const turn = after(
      newTurn('k', 'Hello'),
      told({ type: 'text.delta', text: 'Good' }, { type: 'text.delta', text: ' day' }),
    )
    expect([turn.text, turn.state, isEnded(turn)]).toEqual(['Good day', 'running', false])
  })

  it('forgets all it showed when it is restarted', () => {
    const turn = after(
      newTurn('k', 'Hello'),
      told({ type: 'text.delta', text: 'Half' }, FILED, { type: 'turn.restarted', attempt: 2 }),
    )
    expect([turn.text, turn.records, turn.isRestarted]).toEqual(['', [], true])
  })

  it('shows an activity once, as it is now', () => {
    const activity = { type: 'activity', id: 'a', name: 'file_incident', label: 'Filing', ok: true }
    const turn = after(
      newTurn('k', 'x'),
      told({ ...activity, state: 'started' }, { ...activity, state: 'finished' }),
    )
    expect(turn.activities.map(({ state }) => state)).toEqual(['finished'])
  })

  it('stays stopping until the server has ended it', () => {
    const stopping = { ...newTurn('k', 'x', 'turn_1'), state: 'stopping' as const }
    const [delta, end] = told(
      { type: 'text.delta', text: 'a' },
      { type: 'turn.cancelled', text: 'a' },
    )
    if (delta === undefined || end === undefined) throw new Error('two events')
    expect(hear(stopping, delta).state).toBe('stopping')
    expect(hear(stopping, end).state).toBe('cancelled')
  })

  it('leaves out words of a later version', () => {
    const turn = newTurn('k', 'x', 'turn_1')
    expect(after(turn, told({ type: 'news' }))).toEqual(turn)
  })
})

it('reads a transcript; what still runs is told by its events', () => {
  const message = {
    created_at: '2026-01-01T00:00:00Z',
    turn_id: 't1',
    status: 'completed',
    records: [],
    sources: [],
    notices: [],
    rating: null,
    rating_reason: null,
  }
  const filed = { kind: 'incident', reference: 'INC-1', record: {} }
  const messages = [
    { ...message, role: 'user', text: 'Hello' },
    {
      ...message,
      role: 'assistant',
      text: 'Good day',
      records: [{ ...filed, is_new: true }],
      rating: 'positive',
    },
    { ...message, role: 'user', text: 'More', turn_id: 't2', status: 'interrupted' },
    { ...message, role: 'assistant', text: 'Hal', turn_id: 't2', status: 'interrupted' },
  ] as TranscriptMessage[]
  expect(storedTurns(messages).map(({ message, text, state }) => [message, text, state])).toEqual([
    ['Hello', 'Good day', 'completed'],
    ['More', '', 'running'],
  ])
  expect(storedTurns(messages)[0]).toMatchObject({
    records: [{ ...filed, isNew: true }],
    rating: 'positive',
  })
})
