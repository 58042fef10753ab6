import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { Told, TurnEvent } from './api-types'
import { DeskError, type OpenTurn } from './client'
import { Patience } from './patience'

// The server says something every 10 s at least; after a longer silence the connection is dead.
const SILENCE_MS = 25_000

/** How the connection to a running turn is. */
export type Link = 'open' | 'lost'

export interface Following {
  /** Opens the turn's stream after the event `lastEventId`, or begins the turn. */
  open: (lastEventId: string | null, signal: AbortSignal) => Promise<OpenTurn>
  onLink: (link: Link) => void
  signal: AbortSignal
  patience?: Patience
}

const ENDS = new Set(['turn.completed', 'turn.cancelled', 'turn.failed'])

/**
 * Gives every event of a turn once, in order, to its end, across any number of lost connections.
 * Ends early when `signal` is aborted. DeskError when the server refuses for good.
 */
export async function* follow(following: Following): AsyncGenerator<Told> {
  const { onLink, signal, patience = new Patience() } = following
  let last: string | null = null
  while (!signal.aborted) {
    let atLeastMs = 0
    try {
      for await (const told of connection(following, last, () => {
        onLink('open')
      })) {
        patience.reset()
        if (!isAfter(told.id, last)) continue
        last = told.id
        yield told
        if (ENDS.has(told.event.type)) return
      }
    } catch (error) {
      atLeastMs = pauseAfter(error)
    }
    if (isStopped(signal)) return
    onLink('lost')
    await patience.wait(signal, atLeastMs)
  }
}

/** Whether event id `a` comes after `b`, or there is no `b`. */
export function isAfter(a: string, b: string | null): boolean {
  if (b === null) return true
  const [attemptA = 0, seqA = 0] = a.split('.').map(Number)
  const [attemptB = 0, seqB = 0] = b.split('.').map(Number)
  return attemptA === attemptB ? seqA > seqB : attemptA > attemptB
}

async function* connection(
  { open, signal }: Following,
  last: string | null,
  onOpen: () => void,
): AsyncGenerator<Told> {
  const cut = new AbortController()
  const abort = () => {
    cut.abort()
  }
  signal.addEventListener('abort', abort)
  // A connection that the network has left says nothing for minutes; resuming it loses nothing.
  window.addEventListener('offline', abort)
  let silence = setTimeout(abort, SILENCE_MS)
  const heard = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      clearTimeout(silence)
      silence = setTimeout(abort, SILENCE_MS)
      controller.enqueue(chunk)
    },
  })
  try {
    const { stream } = await open(last, cut.signal)
    onOpen()
    const events = stream
      .pipeThrough(heard)
      .pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
      .pipeThrough(new EventSourceParserStream())
      .getReader()
    for (;;) {
      const { done, value } = await events.read()
      if (done) return
      if (value.id !== undefined) yield { id: value.id, event: JSON.parse(value.data) as TurnEvent }
    }
  } finally {
    clearTimeout(silence)
    signal.removeEventListener('abort', abort)
    window.removeEventListener('offline', abort)
    cut.abort()
  }
}

// How long the server wants to be left alone; the error itself if it will not change its mind.
function pauseAfter(error: unknown): number {
  if (!(error instanceof DeskError)) return 0
  if (!error.isPassing) throw error
  return (error.problem.retry_after ?? 0) * 1000
}

// A function, because the compiler believes that `aborted` cannot change within a loop.
function isStopped(signal: AbortSignal): boolean {
  return signal.aborted
}
