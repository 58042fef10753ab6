import type { Rating } from './api-types'
import { DeskError, type DeskClient } from './client'
import { follow } from './follow'
import type { Shelf } from './shelf'
import { hear, isEnded, newTurn, storedTurns, type Turn } from './turn'

/** What is kept until the server has taken a message, so that a reload does not lose it. */
interface Outgoing {
  key: string
  message: string
}

/**
 * One session in this page: its turns, and the way to say more. Dispatches `change` when anything
 * to be shown has changed, `begun` with a turn that the server took, `ended` with one that ended
 * while it was watched, and `failed` with an error that concerns the whole session.
 */
export class Conversation extends EventTarget {
  turns: readonly Turn[] = []
  isLoading = false

  constructor(
    client: DeskClient,
    shelf: Shelf,
    public sessionId: string | null,
  ) {
    super()
    this.#client = client
    this.#shelf = shelf
  }

  /** The turn that is being answered. */
  get current(): Turn | undefined {
    return this.turns.find((turn) => !isEnded(turn))
  }

  /** Show what was said so far, follow what is being said, and say again what was not taken. */
  async load(): Promise<void> {
    if (this.sessionId === null) return
    this.isLoading = this.turns.length === 0
    this.#changed()
    try {
      this.#merge(await this.#stored(this.sessionId))
    } catch (error) {
      this.#report(error)
      return
    } finally {
      this.isLoading = false
      this.#changed()
    }
    this.#resend(this.sessionId)
  }

  /** Say `message`; the first one opens the session. */
  say(message: string): void {
    const turn = newTurn(crypto.randomUUID(), message)
    this.#set([...this.turns, turn])
    void this.#send(turn)
  }

  /** Send what was refused or could not be answered once more, in its old place. */
  retry(turn: Turn): void {
    // Under the old key the server would give the old answer again.
    const again = newTurn(turn.state === 'unsent' ? turn.key : crypto.randomUUID(), turn.message)
    const others = this.turns.filter(({ key, state }) => key !== turn.key || state === 'failed')
    this.#set([...others, again])
    void this.#send(again)
  }

  /** Ask for the end of the turn that is being answered. */
  async stop(): Promise<void> {
    const turn = this.current
    if (turn === undefined || this.sessionId === null) return
    this.#replace(turn.key, (now) => ({ ...now, state: 'stopping' }))
    if (turn.turnId === null) return // as soon as it has an id
    try {
      await this.#client.cancelTurn(this.sessionId, turn.turnId)
    } catch (error) {
      this.#replace(turn.key, (now) => (isEnded(now) ? now : { ...now, state: 'running' }))
      if (error instanceof DeskError) this.#report(error)
    }
  }

  /** Keep what the resident thinks of an answer; as before if the server does not take it. */
  async rate(turn: Turn, rating: Rating | null, reason: string | null): Promise<void> {
    if (this.sessionId === null || turn.turnId === null) return
    this.#replace(turn.key, (now) => ({ ...now, rating, ratingReason: reason }))
    try {
      await this.#client.rateTurn(this.sessionId, turn.turnId, rating, reason)
    } catch (error) {
      const { rating, ratingReason } = turn
      this.#replace(turn.key, (now) => ({ ...now, rating, ratingReason }))
      this.#report(error)
    }
  }

  /** Follow a turn that was begun elsewhere, if it is not known yet. */
  join(turnId: string, message: string): void {
    if (this.turns.some((turn) => turn.turnId === turnId)) return
    const turn = newTurn(turnId, message, turnId)
    this.#set([...this.turns, turn])
    void this.#follow(turn)
  }

  /** Show no more; turns go on at the server. */
  close(): void {
    this.#closed.abort()
  }

  async #stored(sessionId: string): Promise<Turn[]> {
    const pages: Turn[] = []
    let after: string | null = null
    do {
      const page = await this.#client.messages(sessionId, after)
      pages.push(...storedTurns(page.messages))
      after = page.next
    } while (after !== null)
    return pages
  }

  #merge(stored: Turn[]): void {
    const known = new Map(this.turns.map((turn) => [turn.turnId, turn]))
    const unsent = this.turns.filter(({ turnId }) => turnId === null)
    const fresh = stored.filter(({ turnId }) => !known.has(turnId))
    this.#set([...stored.map((turn) => known.get(turn.turnId) ?? turn), ...unsent])
    for (const turn of fresh) {
      if (!isEnded(turn)) void this.#follow(turn)
    }
  }

  #resend(sessionId: string): void {
    const kept = this.#shelf.read(`outgoing:${sessionId}`)
    if (kept === null) return
    const { key, message } = JSON.parse(kept) as Outgoing
    if (this.turns.some((turn) => turn.key === key)) return
    const turn = newTurn(key, message)
    this.#set([...this.turns, turn])
    void this.#send(turn)
  }

  async #send(turn: Turn): Promise<void> {
    try {
      this.sessionId ??= (await this.#client.createSession()).session_id
    } catch (error) {
      this.#refuse(turn, error)
      return
    }
    const outgoing: Outgoing = { key: turn.key, message: turn.message }
    this.#shelf.write(`outgoing:${this.sessionId}`, JSON.stringify(outgoing))
    await this.#follow(turn)
  }

  async #follow(turn: Turn): Promise<void> {
    const sessionId = this.sessionId
    if (sessionId === null) return
    let turnId = turn.turnId
    const open = async (lastEventId: string | null, signal: AbortSignal) => {
      if (turnId !== null) {
        return this.#client.followTurn(sessionId, turnId, lastEventId, signal)
      }
      const begun = await this.#client.beginTurn(sessionId, turn.message, turn.key, signal)
      turnId = begun.turnId
      this.#begun(sessionId, turn.key, turnId)
      return begun
    }
    const onLink = (link: Turn['link']) => {
      this.#replace(turn.key, (now) => ({ ...now, link }))
    }
    try {
      for await (const told of follow({ open, onLink, signal: this.#closed.signal })) {
        this.#replace(turn.key, (now) => hear(now, told))
      }
      this.#ended(turn.key)
    } catch (error) {
      await this.#lose(turn, turnId, error)
    }
  }

  #begun(sessionId: string, key: string, turnId: string): void {
    this.#shelf.write(`outgoing:${sessionId}`, null)
    const wasStopped = this.turns.some((turn) => turn.key === key && turn.state === 'stopping')
    this.#replace(key, (now) => ({ ...now, turnId }))
    const turn = this.turns.find((each) => each.key === key)
    this.dispatchEvent(new CustomEvent('begun', { detail: turn }))
    if (wasStopped) void this.stop()
  }

  #ended(key: string): void {
    const turn = this.turns.find((each) => each.key === key)
    if (turn !== undefined && isEnded(turn)) {
      this.dispatchEvent(new CustomEvent('ended', { detail: turn }))
    }
  }

  async #lose(turn: Turn, turnId: string | null, error: unknown): Promise<void> {
    if (turnId === null) {
      this.#refuse(turn, error)
      return
    }
    const isExpired = error instanceof DeskError && error.problem.status === 410
    if (!isExpired || this.sessionId === null) {
      this.#report(error)
      return
    }
    // It ended while nobody looked, and its events are gone: the transcript has its text.
    const stored = await this.#stored(this.sessionId)
    const found = stored.find((each) => each.turnId === turnId)
    if (found !== undefined) this.#replace(turn.key, (now) => ({ ...found, key: now.key }))
  }

  #refuse(turn: Turn, error: unknown): void {
    const problem = error instanceof DeskError ? error.problem : null
    if (this.sessionId !== null) this.#shelf.write(`outgoing:${this.sessionId}`, null)
    this.#replace(turn.key, (now) => ({ ...now, state: 'unsent', problem }))
    if (error instanceof DeskError && error.isStranger) this.#report(error)
  }

  #report(error: unknown): void {
    this.dispatchEvent(new CustomEvent('failed', { detail: error }))
  }

  #replace(key: string, change: (turn: Turn) => Turn): void {
    this.#set(this.turns.map((turn) => (turn.key === key ? change(turn) : turn)))
  }

  #set(turns: readonly Turn[]): void {
    this.turns = turns
    this.#changed()
  }

  #changed(): void {
    this.dispatchEvent(new Event('change'))
  }

  readonly #client: DeskClient
  readonly #shelf: Shelf
  readonly #closed = new AbortController()
}
