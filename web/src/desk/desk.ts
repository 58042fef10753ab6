import type { SessionSummary, TownProfile } from './api-types'
import { DeskClient, DeskError } from './client'
import { Conversation } from './conversation'
import { lastSession, rememberSession } from './last-session'
import { Shelf } from './shelf'
import type { Turn } from './turn'

/** What the tabs of one browser tell each other. */
type TabMessage =
  { kind: 'turn'; sessionId: string; turnId: string; message: string } | { kind: 'sessions' }

/** Why the desk as a whole is not well. */
export type Trouble = 'unreachable' | 'signed-out' | 'session-gone' | 'refused'

/**
 * The town hall as one page sees it: the town, the resident's sessions, the open conversation.
 * Dispatches `change`, and `ended` with a turn whose answer is complete.
 */
export class Desk extends EventTarget {
  town: TownProfile | null = null
  sessions: readonly SessionSummary[] = []
  hasMoreSessions = false
  conversation: Conversation
  trouble: Trouble | null = null
  readonly shelf: Shelf

  constructor(server: string) {
    super()
    this.shelf = new Shelf(server)
    this.#client = new DeskClient(server, this.shelf)
    const town = this.shelf.read('town')
    if (town !== null) this.town = JSON.parse(town) as TownProfile
    this.conversation = this.#converse(null)
    this.#tabs = new BroadcastChannel(`town-hall:${server}`)
  }

  /** Begin to work: the town, the session that was open last, or `sessionId`. */
  async open(sessionId: string | null): Promise<void> {
    this.#tabs.onmessage = ({ data }: MessageEvent<TabMessage>) => {
      this.#hearTab(data)
    }
    document.addEventListener('visibilitychange', this.#onReturn)
    window.addEventListener('online', this.#onReturn)
    const session = sessionId ?? lastSession(this.shelf)
    if (session !== null && this.#client.isKnown) this.switchTo(session)
    await Promise.all([this.#loadTown(), this.loadSessions()])
  }

  /** Stop working; turns go on at the server. */
  close(): void {
    document.removeEventListener('visibilitychange', this.#onReturn)
    window.removeEventListener('online', this.#onReturn)
    this.conversation.close()
    this.#tabs.close()
  }

  /** Begin a new conversation; the server hears of it with its first message. */
  startAnew(): void {
    this.#enter(this.#converse(null))
    rememberSession(this.shelf, null)
  }

  /** Show the session of that id. */
  switchTo(sessionId: string): void {
    if (sessionId === this.conversation.sessionId) return
    this.#enter(this.#converse(sessionId))
    rememberSession(this.shelf, sessionId)
    void this.conversation.load()
  }

  /** Delete the session for good; DeskError or TypeError when it could not be done. */
  async deleteSession(sessionId: string): Promise<void> {
    await this.#client.deleteSession(sessionId)
    if (sessionId === this.conversation.sessionId) this.startAnew()
    this.shelf.write(`draft:${sessionId}`, null)
    this.#tell({ kind: 'sessions' })
    await this.loadSessions()
  }

  /** Read the list of sessions, or with `more` its next page. */
  async loadSessions(more = false): Promise<void> {
    if (!this.#client.isKnown) return
    try {
      const page = await this.#client.sessions(more ? this.#nextSessions : null)
      const begun = page.sessions.filter((session) => session.message_count > 0)
      this.sessions = more ? [...this.sessions, ...begun] : begun
      this.#nextSessions = page.next
      this.hasMoreSessions = page.next !== null
      this.#clear('unreachable')
    } catch (error) {
      this.#fail(error)
    }
    this.#changed()
  }

  /** Close the message about `trouble`. */
  dismissTrouble(): void {
    this.trouble = null
    this.#changed()
  }

  #converse(sessionId: string | null): Conversation {
    const conversation = new Conversation(this.#client, this.shelf, sessionId)
    conversation.addEventListener('change', () => {
      this.#changed()
    })
    conversation.addEventListener('begun', (event) => {
      this.#begun((event as CustomEvent<Turn>).detail)
    })
    conversation.addEventListener('ended', (event) => {
      this.dispatchEvent(new CustomEvent('ended', { detail: (event as CustomEvent<Turn>).detail }))
      void this.loadSessions()
    })
    conversation.addEventListener('failed', (event) => {
      this.#fail((event as CustomEvent).detail)
    })
    return conversation
  }

  #enter(conversation: Conversation): void {
    this.conversation.close()
    this.conversation = conversation
    this.#changed()
  }

  #begun(turn: Turn): void {
    const { sessionId } = this.conversation
    if (sessionId === null || turn.turnId === null) return
    rememberSession(this.shelf, sessionId)
    this.#tell({ kind: 'turn', sessionId, turnId: turn.turnId, message: turn.message })
    void this.loadSessions()
  }

  #hearTab(said: TabMessage): void {
    if (said.kind === 'turn' && said.sessionId === this.conversation.sessionId) {
      this.conversation.join(said.turnId, said.message)
    }
    void this.loadSessions()
  }

  #tell(message: TabMessage): void {
    this.#tabs.postMessage(message)
  }

  readonly #onReturn = () => {
    if (document.visibilityState !== 'visible') return
    if (this.town === null || this.trouble === 'unreachable') void this.#loadTown()
    void this.loadSessions()
    // Something may have been said elsewhere, by another tab or with curl.
    if (this.conversation.current === undefined) void this.conversation.load()
  }

  async #loadTown(): Promise<void> {
    try {
      this.town = await this.#client.town()
      this.shelf.write('town', JSON.stringify(this.town))
      this.#clear('unreachable')
    } catch (error) {
      this.#fail(error)
    }
    this.#changed()
  }

  #fail(error: unknown): void {
    this.trouble = 'unreachable'
    if (error instanceof DeskError) {
      if (error.isStranger) {
        this.#client.forget()
        this.sessions = []
        this.startAnew()
        this.trouble = 'signed-out'
      } else if (error.problem.status === 404) {
        this.startAnew()
        this.trouble = 'session-gone'
      } else if (!error.isPassing) {
        this.trouble = 'refused'
      }
    }
    this.#changed()
  }

  #clear(trouble: Trouble): void {
    if (this.trouble === trouble) this.trouble = null
  }

  #changed(): void {
    this.dispatchEvent(new Event('change'))
  }

  readonly #client: DeskClient
  readonly #tabs: BroadcastChannel
  #nextSessions: string | null = null
}
