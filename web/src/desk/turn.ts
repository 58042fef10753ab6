import type {
  Activity,
  Notice,
  Problem,
  Rating,
  RecordFiled,
  Source,
  Told,
  TranscriptMessage,
  TurnEvent,
} from './api-types'
import type { Link } from './follow'

export type TurnState =
  | 'unsent' // the server refused it before it became a turn
  | 'sending'
  | 'running'
  | 'stopping'
  | 'completed'
  | 'cancelled'
  | 'failed'

/** A record as the resident may see it. */
export type Filed = Pick<RecordFiled, 'kind' | 'reference' | 'record'> & { isNew: boolean }

/** One message and its answer, as far as they are known here. Immutable. */
export interface Turn {
  /** The idempotency key of a turn begun here, the turn's id otherwise. */
  key: string
  turnId: string | null
  message: string
  createdAt: string
  state: TurnState
  link: Link
  isRestarted: boolean
  text: string
  activities: readonly Activity[]
  records: readonly Filed[]
  sources: readonly Source[]
  notices: readonly Notice[]
  problem: Problem | null
  /** What the resident thinks of the answer, and why. */
  rating: Rating | null
  ratingReason: string | null
}

const NOTHING_SAID = {
  text: '',
  activities: [],
  records: [],
  sources: [],
  notices: [],
  problem: null,
  rating: null,
  ratingReason: null,
} as const

/** A turn that begins here, now. */
export function newTurn(key: string, message: string, turnId: string | null = null): Turn {
  return {
    key,
    turnId,
    message,
    createdAt: new Date().toISOString(),
    state: turnId === null ? 'sending' : 'running',
    link: 'open',
    isRestarted: false,
    ...NOTHING_SAID,
  }
}

/** The turns of a transcript; those that still run have state `running` and no text. */
export function storedTurns(messages: readonly TranscriptMessage[]): Turn[] {
  const turns = new Map<string, Turn>()
  for (const message of messages) {
    const { role, text, turn_id, status, created_at } = message
    const turn = turns.get(turn_id) ?? newTurn(turn_id, '', turn_id)
    const state = isFinal(status) ? status : 'running'
    if (role === 'user') {
      turns.set(turn_id, { ...turn, message: text, createdAt: created_at, state })
    } else if (state !== 'running') {
      turns.set(turn_id, { ...turn, text, ...shown(message) })
    }
  }
  return [...turns.values()]
}

function shown(message: TranscriptMessage): Partial<Turn> {
  return {
    records: message.records.map(({ is_new, ...record }) => ({ ...record, isNew: is_new })),
    sources: message.sources,
    notices: message.notices.map((notice) => ({ type: 'notice', ...notice })),
    rating: message.rating ?? null,
    ratingReason: message.rating_reason ?? null,
  }
}

/** Whether nothing more will be said. */
export function isEnded(turn: Turn): boolean {
  return turn.state === 'unsent' || isFinal(turn.state)
}

/** The turn after it has said `told`. */
export function hear(turn: Turn, { event }: Told): Turn {
  const state = turn.state === 'sending' ? 'running' : turn.state
  return { ...turn, state, link: 'open', ...said(turn, event) }
}

function said(turn: Turn, event: TurnEvent): Partial<Turn> {
  switch (event.type) {
    case 'turn.started':
      return { turnId: event.turn_id }
    case 'turn.restarted':
      return { ...NOTHING_SAID, isRestarted: true }
    case 'text.delta':
      return { text: turn.text + event.text }
    case 'activity':
      return { activities: [...turn.activities.filter(({ id }) => id !== event.id), event] }
    case 'record.filed':
      return { records: [...turn.records, { ...event, isNew: true }] }
    case 'record.updated':
      return { records: [...turn.records, { ...event, isNew: false }] }
    case 'sources':
      return { sources: [...turn.sources, ...event.items] }
    case 'notice':
      return { notices: [...turn.notices, event] }
    case 'turn.completed':
      return { text: event.text, state: 'completed' }
    case 'turn.cancelled':
      return { text: event.text, state: 'cancelled' }
    case 'turn.interrupted':
      return { link: 'lost' }
    case 'turn.failed':
      return { state: 'failed', problem: event.problem as unknown as Problem }
    default:
      return {} // a word of a later version
  }
}

function isFinal(status: string): status is 'completed' | 'cancelled' | 'failed' {
  return status === 'completed' || status === 'cancelled' || status === 'failed'
}
